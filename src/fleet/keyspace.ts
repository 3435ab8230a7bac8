/** Members with a score, in the order in which they were added. Scores never fall, because they are instants of one clock. */
export class Scores {
  readonly #scores = new Map<string, number>();
  #highest = -Infinity;
  /** No score is lower. Members that are added again leave holes at the front, which are only walked over where it is worth it. */
  #lowest = Infinity;

  get size(): number {
    return this.#scores.size;
  }

  add(member: string, score: number): void {
    this.#scores.delete(member);
    this.#scores.set(member, score);
    this.#highest = Math.max(this.#highest, score);
    this.#lowest = Math.min(this.#lowest, score);
  }

  delete(member: string): void {
    this.#scores.delete(member);
  }

  /** Takes out all members whose score is at most this. */
  dropUpTo(score: number): void {
    if (this.#lowest > score) return;
    this.#lowest = Infinity;
    for (const [member, each] of this.#scores) {
      if (each > score) {
        this.#lowest = each;
        return;
      }
      this.#scores.delete(member);
    }
  }

  /** The members whose score is above this. */
  above(score: number): [member: string, score: number][] {
    if (this.#highest <= score) return [];
    return [...this.#scores].filter(([, each]) => each > score);
  }
}

interface Kept<Value> {
  readonly value: Value;
  endsAt: number;
}

/** Values by key, each until its time is over. */
class Expiring<Value> {
  readonly #kept = new Map<string, Kept<Value>>();
  readonly #make: () => Value;

  constructor(make: () => Value) {
    this.#make = make;
  }

  get(key: string, now: number): Value | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.endsAt > now) return kept?.value;
    this.#kept.delete(key);
    return undefined;
  }

  make(key: string, now: number): Value {
    const found = this.get(key, now);
    if (found !== undefined) return found;
    const value = this.#make();
    this.#kept.set(key, { value, endsAt: Infinity });
    return value;
  }

  delete(key: string): void {
    this.#kept.delete(key);
  }

  /** Lets a key end so many ms from now; `atLeast` only if it would end sooner. */
  expire(key: string, now: number, ms: number, atLeast = false): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    const isNew = kept.endsAt === Infinity;
    if (!atLeast || isNew || kept.endsAt < now + ms) kept.endsAt = now + ms;
  }

  /** Forgets what is over, so that keys that nobody asks for again take no room. */
  sweep(now: number): void {
    for (const [key, { endsAt }] of this.#kept) if (endsAt <= now) this.#kept.delete(key);
  }

  clear(): void {
    this.#kept.clear();
  }
}

/** What a server of Redis keeps of a fleet, as far as the scripts need it. */
export class Keyspace {
  readonly hashes = new Expiring(() => new Map<string, string>());
  readonly scores = new Expiring(() => new Scores());
  #sweptAt = -Infinity;

  /** Once a minute at most. */
  sweep(now: number): void {
    if (now - this.#sweptAt < 60_000) return;
    this.#sweptAt = now;
    this.hashes.sweep(now);
    this.scores.sweep(now);
  }

  clear(): void {
    this.hashes.clear();
    this.scores.clear();
  }
}
