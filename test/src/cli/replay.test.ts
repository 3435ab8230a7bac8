import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CallRecord, createToolRegistry, recordCalls } from 'toolfuse';
import { TestClock } from 'toolfuse/testing';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { duration, replayText } from '../../../src/cli/replay/replay-text.ts';
import { main } from '../../../src/cli/replay.ts';
import { callRecord, noCounts } from '../../support/call-record.ts';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

const folder = mkdtempSync(join(tmpdir(), 'toolfuse-replay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the command prints. */
function printed(...args: string[]): string {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    main(args);
    return log.mock.calls.map(([line]) => line).join('\n');
  } finally {
    log.mockRestore();
  }
}

const failed = (second: number, given: Partial<CallRecord> = {}): CallRecord =>
  callRecord(second, { outcome: 'failure', category: 'timeout', ...given });

/** A file of lines. @returns Its path. */
function fileOf(name: string, lines: readonly (object | string)[], end = '\n'): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n') + end,
  );
  return path;
}

/** Six failures, then four calls that go well, a second apart. */
const outage = [
  ...Array.from({ length: 6 }, (_, second) => failed(second)),
  ...Array.from({ length: 4 }, (_, second) => callRecord(6 + second)),
];

describe('toolfuse replay', () => {
  it('shows what the settings of the proxy would have refused, and what other thresholds would', () => {
    expect(printed(fileOf('outage.jsonl', outage))).toBe(
      `10 calls of 1 tool in 9 s, 6 failed

  tool    calls  failed  opened  refused  spared  wasted
  search     10       6       1        7       3       4
  all        10       6       1        7       3       4

spared: refused, and had failed (1.5 s in all); wasted: refused, and had gone well

the same calls with other settings:

  failures in a row  calls  failed  opened  refused  spared  wasted
  2                     10       6       1        8       4       4
  5                     10       6       1        5       1       4
  7                     10       6       0        0       0       0`,
    );
  });

  it('shows what the README shows, of an afternoon of two tools', () => {
    const afternoon = Array.from({ length: 400 }, (_, index): CallRecord[] => {
      const second = 12 * index;
      // An outage of eight minutes, a failure now and then, and one host of two that is down for the last hour.
      const isOut = index >= 100 && index < 140;
      const isOdd = index % 29 === 0;
      const search = isOut ? { durationMs: 30_000 } : isOdd ? { category: 'network' as const } : undefined;
      const isDown = index >= 100 && index % 3 === 0;
      const key = index % 3 === 0 ? 'b.example' : 'a.example';
      return [
        search === undefined ? callRecord(second) : failed(second, search),
        isDown
          ? failed(second + 2, { tool: 'fetch', key, category: 'serviceUnavailable' })
          : callRecord(second + 2, { tool: 'fetch', key }),
      ];
    }).flat();
    const [shown] = /(?<=^\$ npx toolfuse replay calls\.jsonl\n)[\s\S]*?(?=\n```$)/m.exec(readme) ?? [];
    expect(printed(fileOf('afternoon.jsonl', afternoon))).toBe(shown);
  });

  it('takes the settings of circuits that the proxy takes, as flags and from its file', () => {
    const file = fileOf('settings.jsonl', outage);
    const config = join(folder, 'toolfuse.json');
    writeFileSync(config, JSON.stringify({ command: ['server'], failureThreshold: 2, minBackoffMs: 1_000 }));
    const refused = (...args: string[]): number => JSON.parse(printed(file, '--json', ...args)).total.refused;
    expect(refused('--failure-threshold', '5', '--min-backoff', '1000')).toBe(1);
    expect(refused('--config', config)).toBe(3);
    expect(refused('--config', config, '--failure-threshold', '7')).toBe(0);
    expect(refused('--tool', 'search:failure-threshold=4', '--min-backoff', '60000')).toBe(6);
    expect(refused('--tool', 'search:enabled=false')).toBe(0);
    expect(refused('--tool', 'sea*:failure-threshold=4', '--min-backoff', '60000')).toBe(6);
  });

  it('compares numbers of failures in a row only where these open the circuits', () => {
    const file = fileOf('window.jsonl', outage);
    const others = (...args: string[]): unknown => JSON.parse(printed(file, '--json', ...args)).others;
    expect(others('--count-window', '10')).toEqual([]);
    expect(others('--trip', 'consecutive-failures', '--failure-threshold', '5')).toMatchObject([
      { name: '2' },
      { name: '3' },
      { name: '7' },
    ]);
  });

  it('reads several files as one record, in whatever order, and each registry for itself', () => {
    const files = [
      fileOf(
        'calls.jsonl',
        outage.slice(3).map((each) => ({ ...each, registry: 'git' })),
      ),
      fileOf('calls.jsonl.1', [
        ...outage.slice(0, 3).map((each) => ({ ...each, registry: 'git' })),
        ...outage.slice(0, 2).map((each) => ({ ...each, registry: 'web' })),
      ]),
    ];
    const { tools, total } = JSON.parse(printed('--json', ...files));
    expect(tools).toMatchObject([
      { name: 'git: search', calls: 10, refused: 7 },
      { name: 'web: search', calls: 2, refused: 0 },
    ]);
    expect(total).toMatchObject({ calls: 12, failed: 8, refused: 7 });
  });

  it('gives the circuit of a server behind the proxy the settings of a server', () => {
    const lost = (second: number) => failed(second, { upstream: 'server:git', category: 'network' });
    const file = fileOf('server.jsonl', [
      lost(0),
      lost(1),
      lost(2),
      callRecord(4, { upstream: 'server:git' }),
    ]);
    const opened = (...args: string[]): unknown =>
      JSON.parse(printed(file, '--json', ...args)).tools.map(
        ({ name, opened: times, refused }: Record<string, unknown>) => [name, times, refused],
      );
    expect(opened()).toEqual([
      ['search', 0, 1],
      ['server:git', 1, 0],
    ]);
    expect(opened('--server', 'failure-threshold=4')).toEqual([['search', 0, 0]]);
  });

  it('says which calls nobody knows about, and shows an unfinished or an empty record', () => {
    const refused = callRecord(1, { outcome: 'refused', refused: 'open', durationMs: null });
    const text = printed(
      fileOf('gaps.jsonl', [callRecord(0), refused, { dropped: 1_234 }, '', '{"at":17'], ''),
    );
    expect(text).toMatch(/^1 call of 1 tool in 1 s, 0 failed\n1 call had been refused already/);
    expect(text).toContain('\n1 234 calls are not in the record: the disk did not keep up\n');
    expect(printed(fileOf('empty.jsonl', [], ''))).toBe('0 calls of 0 tools in 0 s, 0 failed');
  });

  it('reads what a registry records', async () => {
    const clock = new TestClock();
    const registry = createToolRegistry({ clock });
    const lines: string[] = [];
    recordCalls(registry, { write: (line) => lines.push(line.trimEnd()) });
    await registry.execute('search', () => clock.advance(250));
    registry.recordFailure('search', 'network', { key: 'a' });
    registry.stop();
    expect(JSON.parse(printed(fileOf('own.jsonl', lines), '--json')).total).toMatchObject({
      calls: 2,
      failed: 1,
    });
  });

  it('shows no more than twenty tools, those first of which most was refused, and nothing that a terminal obeys', () => {
    const many = Array.from({ length: 25 }, (_, index) => callRecord(index, { tool: `tool-${index}` }));
    const odd = Array.from({ length: 4 }, (_, index) =>
      failed(30 + index, { tool: `\u001b[2J${'x'.repeat(60)}` }),
    );
    const text = printed(fileOf('many.jsonl', [...many, ...odd]));
    expect(text).toContain(`\n  \\u001b[2J${'x'.repeat(30)}…`);
    expect(text.split('\n').filter((line) => line.startsWith('  tool-'))).toHaveLength(19);
    expect(text).toContain('\n  and 6 tools more\n');
    expect(text).not.toContain('\u001b');
  });

  it.each([
    [[], 'toolfuse replay needs a FILE that holds a record of calls'],
    [['none.jsonl'], '"none.jsonl" cannot be read: ENOENT'],
    [['x.jsonl', '--listen', '80'], "Unknown option '--listen'"],
    [['x.jsonl', '--failure-threshold', '0'], '--failure-threshold must be'],
    [['x.jsonl', '--count-window', '5', '--time-window', '5000'], 'two windows'],
  ])('refuses %j', (args, message) => {
    expect(() => main(args)).toThrow(message);
  });

  it.each([
    ['words', 'hello', 'bad.jsonl:2 is no line of a record: it is not JSON'],
    ['another kind of JSON', '[]', 'bad.jsonl:2 must be an object, got an array'],
    ['an unknown outcome', { ...callRecord(0), outcome: 'fine' }, 'bad.jsonl:2.outcome must be one of'],
    ['a registry without a name', { ...callRecord(0), registry: 7 }, 'bad.jsonl:2.registry must be'],
  ])('names the line and the field of %s', (_what, line, message) => {
    const file = fileOf('bad.jsonl', [callRecord(0), line]);
    expect(() => main([file])).toThrow(message);
  });

  it('has a help with the settings', () => {
    expect(printed('--help')).toMatch(
      /toolfuse replay FILE…[\s\S]*--failure-threshold N[\s\S]*--min-calls N/,
    );
  });
});

it.each([
  [0, '0 s'],
  [440, '0.4 s'],
  [9_949, '9.9 s'],
  [59_400, '59 s'],
  [61_000, '1 min 1 s'],
  [3_599_600, '1 h 0 min'],
  [90 * 60_000, '1 h 30 min'],
])('%d ms are shown as %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it('shows numbers of many digits in groups', () => {
  const counts = { ...noCounts, calls: 1_234_567 };
  const tools = [{ name: 'search', ...counts }];
  expect(replayText({ tools, total: counts, dropped: 0, spanMs: 0, others: [] })).toContain(
    '\n  search  1 234 567  ',
  );
});
