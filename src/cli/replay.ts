import { parseArgs } from 'node:util';
import { type CallRecord, type CircuitConfig, consecutiveFailures, type ToolConfig } from 'toolfuse';
import { type ReplayCounts, replayCalls } from 'toolfuse/testing';
import { commonCircuit, ownCircuit } from '../proxy/circuit-options.ts';
import { circuitRows } from '../proxy/options/help.ts';
import { type ProxyOptions, readOptions } from '../proxy/options/read.ts';
import { circuitSettings, flagOf, windowSettings } from '../proxy/options/settings.ts';
import { UsageError } from '../proxy/options/usage-error.ts';
import { toolCircuits, urlDefaults } from '../proxy/proxy-circuits.ts';
import { type RecordedCalls, readRecords } from './replay/recorded-calls.ts';
import { type ReplayReport, type ReplayRow, replayText } from './replay/replay-text.ts';

/** The thresholds that are compared with the chosen one. */
const thresholds = [2, 3, 5, 7];

const help = (): string => `toolfuse replay: what would other settings have refused?

  toolfuse replay FILE… [options]

Replays calls that \`toolfuse mcp --record FILE\` or \`recordCalls\` recorded, in simulated time, against circuits with the settings
below, which are those of \`toolfuse mcp\`. Files that continue each other (FILE, FILE.1) are one record. Record with --observe to have
every call in it. The proxy's own questions to a server are not in a record, and so are not replayed.

  --json                        print JSON
  --config FILE                 take the settings from a configuration file of the proxy
  --tool NAME:KEY=VALUE         a setting of one tool
  --server KEY=VALUE            a setting of the server's own circuit

${circuitRows()}`;

const settingNames = [...Object.keys(circuitSettings), ...Object.keys(windowSettings)].map(flagOf);

function readArgs(args: readonly string[]) {
  const texts = Object.fromEntries(settingNames.map((name) => [name, { type: 'string' } as const]));
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...texts,
        config: { type: 'string' },
        tool: { type: 'string', multiple: true },
        server: { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { json, help: wantsHelp, ...settings } = values;
    const forProxy = Object.entries(settings).flatMap(([name, value]) =>
      [value].flat().flatMap((each) => (each === undefined ? [] : [`--${name}`, String(each)])),
    );
    return { files: positionals, json, wantsHelp, forProxy };
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? '');
  }
}

/** The circuits of servers, which calls through the proxy need in addition to the tool's own. */
function serverCircuits(records: readonly CallRecord[], options: ProxyOptions): Record<string, ToolConfig> {
  const names = new Set(
    records.flatMap(({ upstream }) => (upstream?.startsWith('server:') ? [upstream] : [])),
  );
  const circuit = { ...urlDefaults(options), ...ownCircuit(options.server, {}, 'the server') };
  return Object.fromEntries([...names].map((name) => [name, circuit]));
}

function added(one: ReplayCounts, other: ReplayCounts): ReplayCounts {
  const names = Object.keys(one) as (keyof ReplayCounts)[];
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as unknown as ReplayCounts;
}

/** Replays the calls of each registry on its own. */
function replayed(
  { byRegistry }: RecordedCalls,
  options: ProxyOptions,
): { total: ReplayCounts; tools: ReplayRow[] } {
  const { circuit, tools } = toolCircuits(options);
  const replays = [...byRegistry].map(([registry, records]) => ({
    registry,
    ...replayCalls(records, { circuit, tools: { ...tools, ...serverCircuits(records, options) } }),
  }));
  return {
    total: replays.map(({ total }) => total).reduce(added, replayCalls([]).total),
    tools: replays.flatMap((replay) =>
      [...replay.tools].map(([tool, counts]) => ({
        name: replays.length > 1 && replay.registry !== '' ? `${replay.registry}: ${tool}` : tool,
        ...counts,
      })),
    ),
  };
}

/** Whether failures in a row open the circuits, so that other numbers of them can be compared. */
const countsInARow = ({ trip = consecutiveFailures }: Partial<CircuitConfig>): boolean =>
  trip === consecutiveFailures;

function reportOf(recorded: RecordedCalls, options: ProxyOptions): ReplayReport {
  const circuit = commonCircuit(options);
  const others = countsInARow(circuit)
    ? thresholds
        .filter((threshold) => threshold !== circuit.failureThreshold)
        .map((failureThreshold): ReplayRow => {
          const { total } = replayed(recorded, { ...options, failureThreshold });
          return { name: String(failureThreshold), ...total };
        })
    : [];
  const times = [...recorded.byRegistry.values()].flat().map(({ at }) => at);
  const first = times.reduce((a, b) => Math.min(a, b), Infinity);
  const last = times.reduce((a, b) => Math.max(a, b), -Infinity);
  return {
    ...replayed(recorded, options),
    dropped: recorded.dropped,
    spanMs: times.length === 0 ? 0 : last - first,
    others,
  };
}

/** `toolfuse replay`: what other settings would have refused of recorded calls. */
export function main(args: readonly string[]): void {
  const { files, json, wantsHelp, forProxy } = readArgs(args);
  if (wantsHelp) {
    console.log(help());
    return;
  }
  if (files.length === 0) throw new UsageError('toolfuse replay needs a FILE that holds a record of calls');
  const options = readOptions(forProxy, {});
  try {
    // Settings that contradict each other are told before a long file is read.
    toolCircuits(options);
    const report = reportOf(readRecords(files), options);
    console.log(json ? JSON.stringify(report, null, 2) : replayText(report));
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
