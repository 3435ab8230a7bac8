#!/usr/bin/env node
import { type Command, run } from './command.ts';
import { keepCompiledCode } from './compile-cache.ts';

/** The commands. Each is loaded when it is used. */
const commands: Readonly<Record<string, Command>> = {
  mcp: {
    about: 'put circuit breakers in front of any MCP server',
    load: () => import('./mcp.ts'),
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
  chart: {
    about: 'write the statecharts as mermaid, SVG or JSON',
    load: () => import('./chart.ts'),
  },
};

keepCompiledCode();
await run(commands, process.argv.slice(2));
