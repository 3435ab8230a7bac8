import { describe, expect, it } from 'vitest';
import { type Screen, Timeline, wrapped } from '../../../../src/cli/demo/timeline.ts';

/** What a timeline writes to a screen, as lines. */
function linesOn(screen: Omit<Screen, 'write'>, tell: (timeline: Timeline) => void): string[] {
  let written = '';
  let now = 5;
  const write = (text: string): void => {
    written += text;
  };
  const timeline = new Timeline({ ...screen, write }, () => now);
  now += 1_230;
  tell(timeline);
  expect(written.endsWith('\n')).toBe(true);
  return written.slice(0, -1).split('\n');
}

const refusal =
  'The call did not run. Do not call it again within the next 2 s; it would not run either. Wait.';

describe('a timeline', () => {
  it('says when, who and what, and goes on below', () => {
    expect(linesOn({}, (timeline) => timeline.tell('circuit', refusal))).toEqual([
      '  1.23 s  circuit   The call did not run. Do not call it again within the next 2 s; it would not run',
      '                    either. Wait.',
    ]);
  });

  it('has no column for who on a narrow terminal', () => {
    expect(linesOn({ columns: 40 }, (timeline) => timeline.tell('circuit', refusal))).toEqual([
      'circuit: The call did not run. Do not',
      '  call it again within the next 2 s; it',
      '  would not run either. Wait.',
    ]);
  });

  it.each([20, 33, 59, 60, 61, 80, 100])('stays within %i columns', (columns) => {
    const lines = linesOn({ columns }, (timeline) => {
      timeline.headline(refusal);
      timeline.say(refusal);
      timeline.tell('registry', `${refusal} ${'x'.repeat(130)}`);
    });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  });

  it.each([undefined, 0, 300])('takes 100 columns where a screen says that it has %s', (columns) => {
    const [first = ''] = linesOn({ ...(columns !== undefined && { columns }) }, (timeline) =>
      timeline.say('word '.repeat(50).trim()),
    );
    expect(first.length).toBe(99);
  });

  const told = (screen: Omit<Screen, 'write'>): string =>
    linesOn(screen, (timeline) => {
      timeline.headline('Title');
      timeline.tell('agent', refusal, 'bad');
    }).join('\n');

  it('paints each line for itself on a terminal', () => {
    expect(told({ isTTY: true, hasColors: () => true })).toBe(
      [
        '',
        '\u001b[1mTitle\u001b[0m',
        '\u001b[2m  1.23 s\u001b[0m  agent     \u001b[31mThe call did not run. Do not call it again within the next 2 s; it would not run\u001b[0m',
        '                    \u001b[31meither. Wait.\u001b[0m',
      ].join('\n'),
    );
  });

  it.each<[string, Omit<Screen, 'write'>]>([
    ['what is no terminal', { hasColors: () => true }],
    ['a terminal without colours, as with NO_COLOR', { isTTY: true, hasColors: () => false }],
  ])('paints nothing on %s', (_, screen) => {
    expect(told(screen)).not.toContain('\u001b');
  });
});

describe('wrapped', () => {
  it('cuts a word that is longer than a line', () => {
    expect(wrapped('an abcdefghij b', 4)).toEqual(['an', 'abcd', 'efgh', 'ij b']);
  });

  it('keeps an empty text', () => {
    expect(wrapped('', 4)).toEqual(['']);
  });
});
