import { describe, expect, it } from 'vitest';
import { type LogFormat, ProxyLog } from '../../../src/proxy/log.ts';

const now = new Date(2026, 0, 2, 3, 4, 5);

function logOf(format: LogFormat, { colours = false } = {}) {
  const lines: string[] = [];
  const log = new ProxyLog({
    format,
    write: (line) => lines.push(line),
    now: () => now,
    server: 'files',
    colours,
  });
  return { log, lines };
}

describe('an event', () => {
  it('is logged for a person on one line', () => {
    const { log, lines } = logOf('human');
    log.tell('circuit.opened', { tool: 'a', currentBackoffMs: 5_000, lastErrorCategory: null });
    expect(lines).toEqual(['toolfuse 03:04:05 files circuit.opened tool="a" currentBackoffMs=5000']);
  });

  it('is logged in colour on a terminal', () => {
    const { log, lines } = logOf('human', { colours: true });
    log.tell('circuit.opened', {});
    expect(lines).toEqual(['toolfuse 03:04:05 files \u001b[31mcircuit.opened\u001b[0m']);
  });

  it('is logged for a program as JSON, one object a line', () => {
    const { log, lines } = logOf('json');
    log.tell('server.lost', { why: 'it "ended"\n', pending: 2 });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { time: now.toISOString(), server: 'files', event: 'server.lost', why: 'it "ended"\n', pending: 2 },
    ]);
    expect(lines.join()).not.toContain('\n');
  });

  it('is not logged with --log none', () => {
    const { log, lines } = logOf('none');
    log.tell('server.lost', {});
    expect(lines).toEqual([]);
  });

  it('that repeats is logged a few times, and then rarely', () => {
    const { log, lines } = logOf('json');
    for (let count = 0; count < 2_000; count++) log.tell('message.garbage', {});
    expect(lines).toHaveLength(7);
  });
});
