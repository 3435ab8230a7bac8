import { parseArgs } from 'node:util';
import { type FleetSurvey, fromIoredis, surveyFleet } from 'toolfuse/fleet';
import { UsageError } from '../proxy/options/usage-error.ts';
import { connectFleet } from '../proxy/proxy-fleet.ts';
import { within } from '../proxy/within.ts';

/** How long the server may take to answer, in ms. */
const answerMs = 5_000;

const help = `Shows a fleet: its members, what they have voted, what is open for all, and who probes.

Usage: toolfuse fleet --status --fleet URL [options]

  --fleet URL        the server of Redis or Valkey, as redis://host:port; needs the package ioredis
  --namespace NAME   the fleet to show (default: all on that server; proxies are in mcp:SERVER)
  --json             print JSON
  --help             print this`;

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        status: { type: 'boolean', default: false },
        fleet: { type: 'string' },
        namespace: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;

/** A fleet as lines for a terminal. */
export function surveyText({ namespace, members, circuits, orders }: FleetSurvey): string {
  const lines = [
    `fleet ${namespace}: ${members.length} ${members.length === 1 ? 'member' : 'members'}`,
    ...members.map((member) => `  ${member}`),
  ];
  if (circuits.length === 0) lines.push('  nobody has voted of late');
  for (const { tool, isOpen, leftMs, votes, callers, lease, lastErrorCategory, epoch } of circuits) {
    const probe = lease === null ? '' : `, ${lease.member} probes it for at most ${seconds(lease.leftMs)}`;
    const when = leftMs > 0 ? `for ${seconds(leftMs)} more` : 'until a probe succeeds';
    const state = isOpen ? `open ${when}${probe}` : 'closed';
    const why = lastErrorCategory === null ? '' : ` (${lastErrorCategory})`;
    lines.push(
      `  ${tool}: ${state}${why}, ${votes.length} of ${callers} callers voted, epoch ${epoch ?? 'none'}`,
    );
    for (const member of votes) lines.push(`    vote of ${member}`);
  }
  for (const { tool, order, leftMs } of orders) {
    lines.push(`  ${tool}: ${order} by an operator${leftMs === null ? '' : `, ${seconds(leftMs)} left`}`);
  }
  return lines.join('\n');
}

interface Scanning {
  scan(cursor: string, ...options: string[]): Promise<[cursor: string, keys: string[]]>;
}

/** The namespaces of all fleets on a server. */
async function namespacesOn(client: Scanning): Promise<string[]> {
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = await client.scan(cursor, 'MATCH', 'toolfuse:{*}:meta', 'COUNT', '1000');
    for (const key of keys) found.add(key.slice('toolfuse:{'.length, -'}:meta'.length));
    cursor = next;
  } while (cursor !== '0');
  return [...found].sort();
}

/** `toolfuse fleet`: looks at a fleet from outside. */
export async function main(args: readonly string[]): Promise<void> {
  const { status, fleet: url, namespace, json, help: wantsHelp } = readArgs(args);
  if (wantsHelp) {
    console.log(help);
    return;
  }
  if (!status) throw new UsageError('toolfuse fleet does one thing: --status');
  if (url === undefined || !/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError('--fleet must be a URL that begins with redis:// or rediss://');
  }
  let trouble = 'it does not answer';
  const client = await connectFleet(url, {
    onTrouble: (what) => {
      trouble = what;
    },
  });
  try {
    const look = async (): Promise<FleetSurvey[]> => {
      const names = namespace === undefined ? await namespacesOn(client as unknown as Scanning) : [namespace];
      const store = fromIoredis(client);
      return Promise.all(names.map((name) => surveyFleet(store, name)));
    };
    let surveys: FleetSurvey[] = [];
    const looked = look().then((found) => {
      surveys = found;
    });
    if (!(await within(answerMs, looked))) throw new UsageError(`the fleet cannot be seen: ${trouble}`);
    if (json) console.log(JSON.stringify(surveys, null, 2));
    else console.log(surveys.length === 0 ? 'There is no fleet.' : surveys.map(surveyText).join('\n\n'));
  } finally {
    client.disconnect();
  }
}
