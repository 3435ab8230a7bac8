import { styleText } from 'node:util';

export type Who = 'agent' | 'circuit' | 'registry' | 'server' | 'user' | 'without' | 'with';

const tones = { good: 'green', bad: 'red', refused: 'yellow', plain: 'reset' } as const;
type Tone = keyof typeof tones;

const isColoured = process.stdout.isTTY === true && !process.env.NO_COLOR;
const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
  isColoured ? styleText(style, text) : text;
const startedAt = performance.now();

/** A duration for people: `602 ms`, `1.9 s`. */
export const span = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;

/** The message of an error, without its number. */
export const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^MCP error -?\d+: /, '');

/** Prints one line of the story: when, who, what. */
export function tell(who: Who, what: string, tone: Tone = 'plain'): void {
  const when = `${((performance.now() - startedAt) / 1000).toFixed(2)} s`.padStart(8);
  console.log(`${paint('dim', when)}  ${who.padEnd(8)}  ${paint(tones[tone], what)}`);
}

export function headline(text: string): void {
  console.log(`\n${paint('bold', text)}`);
}
