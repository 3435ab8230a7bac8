import { visible } from '../visible.ts';
import type { CircuitStatus, ProxyStatus } from './proxy-status.ts';

const seconds = (ms: number | null): string => (ms === null ? '' : `${Math.ceil(ms / 1000)} s`);

function stateOf({ status, isAvailable, upstream }: CircuitStatus): string {
  if (status === 'closed' && upstream !== null && !isAvailable) return 'closed (waits for the server)';
  return status === 'halfOpen' ? 'half-open' : status;
}

/** The longest name that is shown, in characters. */
const maxNameLength = 60;

const shownName = (name: string): string =>
  name.length > maxNameLength ? `${name.slice(0, maxNameLength - 1)}…` : name;

/** One proxy's circuits as a table. */
function tableOf({
  pid,
  server,
  circuit,
  inspector,
  admin,
  circuits,
  openCount,
  metrics,
}: ProxyStatus): string {
  const calls = new Map(metrics.tools.map((tool) => [tool.tool, tool]));
  const nameOf = (name: string): string => {
    if (name === circuit) return '(the server)';
    return name.startsWith(`${circuit}#`) ? `(the server, ${name.slice(circuit.length)})` : name;
  };
  const rows = circuits.map((each) =>
    [
      shownName(nameOf(each.tool)),
      stateOf(each),
      `${each.failureCount}`,
      seconds(each.remainingBackoffMs),
      `${calls.get(each.tool)?.calls ?? 0}`,
      `${calls.get(each.tool)?.denials ?? 0}`,
      each.lastErrorCategory ?? '',
    ].map(visible),
  );
  const head = ['circuit', 'state', 'failures', 'back in', 'calls', 'denied', 'last error'];
  const widths = head.map((title, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), title.length),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const titles = [
    `${visible(server)} (process ${pid}): ${openCount} open`,
    ...(inspector === null ? [] : [`watch it live at ${visible(inspector)}`]),
    ...(admin ? [`metrics and circuits at ${visible(admin.url)}, with the key ${visible(admin.key)}`] : []),
  ];
  return [...titles, ...(rows.length === 0 ? ['no tool was called yet'] : [head, ...rows].map(line))].join(
    '\n',
  );
}

/** The status of running proxies, for a person to read. */
export const statusText = (all: readonly ProxyStatus[]): string =>
  all.length === 0 ? 'No toolfuse proxy of yours is running.' : all.map(tableOf).join('\n\n');
