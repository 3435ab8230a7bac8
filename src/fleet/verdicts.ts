import type { VerdictChange } from './change.ts';

/** How long a verdict that closed a circuit is remembered, in ms: as long as the store keeps changes. */
const closedMs = 3_600_000;

/** A verdict of the fleet, with its instants in ms of the registry's clock. */
export interface Verdict extends Omit<VerdictChange, 'at' | 'kind' | 'sole'> {
  /** Whether the store was gone since, so that the same verdict would be news again. */
  readonly isLost?: boolean;
}

/** What the fleet has decided, whether the circuits are known here or not. */
export class Verdicts {
  readonly #byId = new Map<string, Verdict>();
  #openCount = 0;

  /** How many circuits are open for all. */
  get openCount(): number {
    return this.#openCount;
  }

  get(id: string): Verdict | undefined {
    return this.#byId.get(id);
  }

  /** The circuits that are open for all. */
  *open(): Generator<Verdict> {
    for (const verdict of this.#byId.values()) if (verdict.isOpen) yield verdict;
  }

  /**
   * Learns what the store says.
   *
   * @returns The verdict if it says something new: an older one moves nothing, and one that was always closed is no news.
   */
  learn(change: VerdictChange, serverNow: number, now: number): Verdict | undefined {
    const known = this.#byId.get(change.id);
    if (known !== undefined && change.epoch < known.epoch + Number(known.isLost !== true)) return undefined;
    const { id, name, epoch, category } = change;
    const isOpen = change.isOpen && change.gone > serverNow;
    const until = now + Math.max(0, change.until - serverNow);
    const gone = isOpen ? now + change.gone - serverNow : now + closedMs;
    const verdict: Verdict = { id, name, epoch, isOpen, until, gone, category };
    this.#set(verdict);
    return isOpen || known?.isOpen ? verdict : undefined;
  }

  /** A verdict is in force no more, although nobody has said so: the store has lost it, or nobody has asked about it for long. */
  end({ id }: Verdict, now: number): void {
    const verdict = this.#byId.get(id);
    if (verdict !== undefined) this.#set({ ...verdict, isOpen: false, gone: now + closedMs });
  }

  /** Forgets what is over. @returns The verdicts that have just come to their end. */
  ended(now: number): Verdict[] {
    const ended: Verdict[] = [];
    for (const [id, verdict] of this.#byId) {
      if (verdict.gone > now) continue;
      if (verdict.isOpen) ended.push(verdict);
      else this.#byId.delete(id);
    }
    return ended;
  }

  /** No verdict is in force any more, but their epochs stay known: a store that was set back may bring older ones. */
  lose(now: number): void {
    for (const verdict of this.#byId.values()) {
      this.#set({ ...verdict, isOpen: false, isLost: true, gone: now + closedMs });
    }
  }

  #set(verdict: Verdict): void {
    const wasOpen = this.#byId.get(verdict.id)?.isOpen === true;
    this.#openCount += Number(verdict.isOpen) - Number(wasOpen);
    this.#byId.set(verdict.id, verdict);
  }
}
