import { TestClock } from 'toolfuse/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SearchServer } from '../../../../src/cli/demo/search-server.ts';
import { searchLimitMs, tellStory } from '../../../../src/cli/demo/story.ts';

/** A server without a network, in the time of a test. */
function serverIn(clock: TestClock): SearchServer {
  let isHung = false;
  return {
    search: (query) =>
      new Promise((resolve, reject) => {
        if (!isHung) return resolve(`found ${query}`);
        const error = Object.assign(new Error('no answer within 300 ms'), { name: 'TimeoutError' });
        clock.setTimeout(() => reject(error), searchLimitMs);
      }),
    hang() {
      isHung = true;
    },
    recover() {
      isHung = false;
    },
    stop() {},
  };
}

/** Tells the whole story in the time of a test. @returns Each write to the screen, with its instant. */
async function tellAll(startServer: (clock: TestClock) => SearchServer): Promise<readonly Write[]> {
  const clock = new TestClock();
  const writes: Write[] = [];
  let isOver = false;
  const story = tellStory({
    screen: { write: (text) => writes.push({ at: clock.now(), text }) },
    clock,
    startServer: async () => startServer(clock),
  }).finally(() => {
    isOver = true;
  });
  while (!isOver) await clock.advanceAsync(1_000);
  await story;
  return writes;
}

interface Write {
  readonly at: number;
  readonly text: string;
}

describe('the story of the demo', () => {
  let writes: readonly Write[] = [];
  let [without, guarded, comparison] = ['', '', ''];

  beforeAll(async () => {
    writes = await tellAll(serverIn);
    const told = writes.map(({ text }) => text).join('');
    [, without = '', guarded = '', comparison = ''] = told.split(/^(?=1\. |2\. |The same agent)/m);
  });

  it('is over within 30 s, and never says nothing for 2 s', () => {
    const instants = writes.map(({ at }) => at);
    const gaps = instants.map((at, index) => at - (instants[index - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(2_000);
    expect(instants.at(-1)).toBeLessThan(30_000);
  });

  it('begins with an agent that calls the hung server again and again', () => {
    expect(without.match(/failed after 300 ms: no answer within 300 ms/g)).toHaveLength(16);
    expect(without).not.toMatch(/circuit|REFUSED/);
    expect(without).toContain('I have found out 2 of 4 things.');
  });

  it('goes on with a circuit that opens, refuses, tries, opens again, and closes once the server answers', () => {
    const story = [
      /search "when": answered/,
      /search "by whom": failed .*\n.*search "by whom": failed .*\n.*search "by whom": failed/,
      /circuit +OPEN after 3 failures in a row: calls are refused for 1.5 s/,
      /search "by whom": REFUSED, and not called. The model reads:/,
      /"The call did not run. The tool "search" is unavailable/,
      /\(timed out\). Do not call it again/,
      /within the next 2 s/,
      /notes "thursday": answered/,
      /circuit +HALF-OPEN/,
      /search "by whom": failed/,
      /circuit +OPEN AGAIN, since that call failed: calls are refused for 3 s/,
      /within the next 3 s/,
      /server +is started again/,
      /circuit +HALF-OPEN/,
      /search "by whom": answered/,
      /circuit +CLOSED/,
      /search "why": answered/,
      /I have found out 4 of 4 things/,
    ];
    story.reduce((rest, part) => {
      const found = part.exec(rest);
      expect(found, `${part} in\n${rest}`).not.toBeNull();
      return rest.slice(found?.index);
    }, guarded);
  });

  it('ends with what was saved, by the calls that it told of', () => {
    const failures = [without, guarded].map((part) => part.match(/ failed after /g)?.length ?? 0);
    const row = (what: string): string[] =>
      new RegExp(`  ${what} +(\\S.*?)  +(\\S.*)`).exec(comparison)?.slice(1) ?? [];
    expect(row('calls wasted')).toEqual(failures.map(String));
    expect(row('questions answered')).toEqual(['2 of 4', '4 of 4']);
    expect(row('waited for them')).toEqual(failures.map((count) => `${(count * 300) / 1_000} s`));
    const tokens = row('tokens read').map((shown) => Number(shown.replaceAll(',', '')));
    const saved = (tokens[0] ?? 0) - (tokens[1] ?? 0);
    expect(saved).toBeGreaterThan(0);
    expect(comparison.replaceAll('\n', ' ')).toContain(
      `Saved: 12 calls, ${saved.toLocaleString('en')} tokens (at 4 characters each), 3.6 s of waiting. With the 60 s that an MCP client waits, 12 calls are 12 minutes.`,
    );
  });

  it('says how to begin', () => {
    expect(comparison).toContain('toolfuse mcp wrap --dry-run');
  });
});

describe('the story on a machine on which the server always answers', () => {
  it('claims no savings', async () => {
    const writes = await tellAll((clock) => ({ ...serverIn(clock), hang() {} }));
    const told = writes.map(({ text }) => text).join('');
    expect(told).toMatch(/calls wasted +0 +0\n/);
    expect(told).not.toContain('Saved');
  });
});
