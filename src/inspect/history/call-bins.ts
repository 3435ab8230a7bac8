/** How a call ended, or that it was refused. */
export const callKinds = ['success', 'failure', 'ignored', 'cancelled', 'refused'] as const;
export type CallKind = (typeof callKinds)[number];

/** How many calls there were of each kind. */
export type CallSplit = Readonly<Record<CallKind, number>>;

const kinds = callKinds.length;

/** Counts of calls in equal periods, the latest ones only. */
class Bins {
  readonly ms: number;
  readonly #length: number;
  readonly #counts: Uint32Array;
  /** The number of the latest period that has a count. */
  #latest = 0;

  constructor(ms: number, length: number) {
    this.ms = ms;
    this.#length = length;
    this.#counts = new Uint32Array(length * kinds);
  }

  add(kind: number, now: number): void {
    const bin = Math.floor(now / this.ms);
    if (bin > this.#latest) {
      const cleared = Math.min(bin - this.#latest, this.#length);
      for (let each = 0; each < cleared; each += 1) {
        const start = ((bin - each) % this.#length) * kinds;
        this.#counts.fill(0, start, start + kinds);
      }
      this.#latest = bin;
    }
    // A wall clock that was set back must not add to a period that has left.
    const start = (Math.max(bin, this.#latest) % this.#length) * kinds;
    this.#counts[start + kind] = (this.#counts[start + kind] ?? 0) + 1;
  }

  /** Adds the counts of a period to those of a split. */
  addTo(split: number[], from: number, to: number): void {
    const oldest = this.#latest - this.#length + 1;
    const first = Math.max(Math.floor(from / this.ms), oldest);
    const last = Math.min(Math.ceil(to / this.ms) - 1, this.#latest);
    for (let bin = first; bin <= last; bin += 1) {
      for (let kind = 0; kind < kinds; kind += 1) {
        split[kind] = (split[kind] ?? 0) + (this.#counts[(bin % this.#length) * kinds + kind] ?? 0);
      }
    }
  }
}

/** The length of the short and of the long periods, in ms. */
const shortMs = 10_000;
const longMs = 120_000;
/** How far back each reaches, in ms. */
const shortSpanMs = 15 * 60_000;
const longSpanMs = 6 * 3_600_000;

/** The calls of one tool in the last hours, in bounded memory: 5.4 kB, however many calls there were. */
export class CallBins {
  readonly #short = new Bins(shortMs, shortSpanMs / shortMs);
  readonly #long = new Bins(longMs, longSpanMs / longMs);

  add(kind: CallKind, now: number): void {
    const index = callKinds.indexOf(kind);
    this.#short.add(index, now);
    this.#long.add(index, now);
  }

  /** How many calls of each kind there were in a period. It is exact to 10 s for the last 15 minutes, then to 2 minutes. */
  between(from: number, to: number, now: number): CallSplit {
    const split = [0, 0, 0, 0, 0];
    const bins = from >= now - shortSpanMs ? this.#short : this.#long;
    bins.addTo(split, from, to);
    return Object.fromEntries(callKinds.map((kind, index) => [kind, split[index] ?? 0])) as Record<
      CallKind,
      number
    >;
  }

  /** The calls of the parts of a period, about as many as asked for; parts without calls are left out. */
  parts(from: number, to: number, parts: number, now: number): CallPart[] {
    const bins = from >= now - shortSpanMs ? this.#short : this.#long;
    // Parts consist of whole bins, so that no call is counted in two of them.
    const ms = Math.max(1, Math.round((to - from) / parts / bins.ms)) * bins.ms;
    const all: CallPart[] = [];
    for (let at = Math.floor(from / ms) * ms; at < to; at += ms) {
      const split = [0, 0, 0, 0, 0];
      bins.addTo(split, at, at + ms);
      if (split.some((count) => count > 0)) all.push({ at, ms, split });
    }
    return all;
  }
}

/** The calls of a period that begins at an instant: how many of each kind, in the order of `callKinds`. */
export interface CallPart {
  readonly at: number;
  readonly ms: number;
  readonly split: readonly number[];
}
