import { styleText } from 'node:util';

const colours = {
  agent: 'blue',
  server: 'magenta',
  circuit: 'cyan',
  registry: 'yellow',
  user: 'green',
} as const;

/** Who a line of the timeline is about. */
export type Who = keyof typeof colours;

const isColoured = process.stdout.isTTY === true && !process.env.NO_COLOR;
const startedAt = performance.now();

/** One line: when, who, what. In colour where it is read by a person, plain where it is read by a program. */
export function tell(who: Who, what: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
  const line = `${seconds} s  ${who.padEnd(9)} ${what}`;
  console.log(isColoured ? styleText(colours[who], line) : line);
}

/** A line that stands alone. */
export function headline(text: string): void {
  console.log(isColoured ? styleText('bold', `\n${text}`) : `\n${text}`);
}
