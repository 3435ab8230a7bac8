/** What a timeline is written to: a terminal, a pipe or a file. */
export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** The width of a terminal in characters; undefined for anything else. */
  readonly columns?: number;
  /** Whether a terminal shows colours, which NO_COLOR and TERM=dumb deny. */
  hasColors?(): boolean;
}

const codes = { bold: '1', dim: '2', bad: '31', good: '32', refused: '33', plain: '0' } as const;
type Style = keyof typeof codes;

/** How good the news of a line is. */
export type Tone = Exclude<Style, 'bold' | 'dim'>;

/** The width of what is no terminal, and the most that a line takes of a wide one. */
const widest = 100;

/** On a narrower terminal, who stands in no column of its own, and when is left out. */
const leastForColumns = 60;

/** A duration for people: `602 ms`, `1.9 s`. */
export const span = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;

/** The message of an error, without its number. */
export const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^MCP error -?\d+: /, '');

/** A text as lines of at most so many characters. A word that is longer is cut. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    if (line !== '') word = `${line} ${word}`;
    for (; word.length > width; word = word.slice(width)) lines.push(word.slice(0, width));
    line = word;
  }
  return [...lines, line];
}

/** Prints a story, line by line: when, who, what. It begins when it is made. */
export class Timeline {
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #startedAt: number;

  /** @param now The instant, in ms. Default: the clock of the process. */
  constructor(screen: Screen, now: () => number = () => performance.now()) {
    this.#screen = screen;
    this.#now = now;
    this.#startedAt = now();
  }

  /** Prints one line of the story. What does not fit goes on below, further in. */
  tell(who: string, what: string, tone: Tone = 'plain'): void {
    if (this.#width < leastForColumns) {
      const [first = '', ...more] = wrapped(`${who}: ${what}`, this.#width - 2);
      this.#write([first, ...more.map((line) => `  ${line}`)].map((line) => this.#paint(tone, line)));
      return;
    }
    const when = `${((this.#now() - this.#startedAt) / 1000).toFixed(2)} s`.padStart(8);
    const start = `  ${who.padEnd(8)}  `;
    const indent = when.length + start.length;
    const [first = '', ...more] = wrapped(what, this.#width - indent);
    this.#write([
      `${this.#paint('dim', when)}${start}${this.#paint(tone, first)}`,
      ...more.map((line) => `${' '.repeat(indent)}${this.#paint(tone, line)}`),
    ]);
  }

  /** Prints a headline, with an empty line above it. */
  headline(text: string): void {
    this.#write(['', ...wrapped(text, this.#width).map((line) => this.#paint('bold', line))]);
  }

  /** Prints a paragraph. */
  say(text: string, tone: Tone = 'plain'): void {
    this.#write(wrapped(text, this.#width).map((line) => this.#paint(tone, line)));
  }

  /** Prints lines as they are, such as those of a table. */
  lines(lines: readonly string[]): void {
    this.#write(lines);
  }

  get #width(): number {
    return Math.max(20, Math.min(this.#screen.columns || widest, widest));
  }

  #paint(style: Style, text: string): string {
    const isColoured = this.#screen.isTTY === true && this.#screen.hasColors?.() !== false;
    return isColoured && style !== 'plain' && text !== '' ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
  }

  #write(lines: readonly string[]): void {
    this.#screen.write(`${lines.join('\n')}\n`);
  }
}
