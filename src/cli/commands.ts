import type { EarlyServer } from '../proxy/server/early-server.ts';
import { type Command, run } from './command.ts';

/** The commands. Each is loaded when it is used. @param early A server that was started already, for `mcp`. */
const commandsWith = (early: EarlyServer | undefined): Readonly<Record<string, Command>> => ({
  mcp: {
    about: 'put circuit breakers in front of any MCP server',
    load: async () => {
      const { main } = await import('./mcp.ts');
      return { main: (args) => main(args, early) };
    },
  },
  fleet: {
    about: 'show a fleet: members, votes, verdicts and leases',
    load: () => import('./fleet.ts'),
  },
  hook: {
    about: 'guard the tools of Claude Code by its command hooks',
    load: () => import('./hook.ts'),
  },
  inspect: {
    about: 'watch statecharts live, in a page on this machine',
    load: () => import('./inspect.ts'),
  },
  replay: {
    about: 'replay a record of calls, to see what other settings would refuse',
    load: () => import('./replay.ts'),
  },
  demo: {
    about: 'show a circuit trip, refuse and recover, in 20 seconds',
    load: () => import('./demo.ts'),
  },
  chart: {
    about: 'write the statecharts as mermaid, SVG or JSON',
    load: () => import('./chart.ts'),
  },
});

/** Runs what was typed. */
export const runCommand = (args: readonly string[], early: EarlyServer | undefined): Promise<void> =>
  run(commandsWith(early), args);
