import { numeral } from './numeral.ts';
import { tick } from './scripts/index.ts';
import type { FleetParts } from './settings.ts';
import type { SharedCircuit } from './shared-circuit.ts';
import type { SharedCircuits } from './shared-circuits.ts';
import type { Answer } from './store-line.ts';

/** How often a member gives a sign of life for one circuit at most, in ms. */
const signMs = 5_000;

/** The most circuits whose signs of life one tick carries, and the most changes that it reads. */
const maxSigns = 500;
const maxChanges = 1_000;

/** A sign of life for one circuit: `works` takes this member's vote back. */
export interface Sign {
  readonly shared: SharedCircuit;
  readonly word: 'works' | 'called';
}

/** What a tick has brought. */
export interface News {
  /** In ms of the server's clock. */
  readonly serverNow: number;
  /** When the data of the store began; another one than before means that it has lost what it knew. */
  readonly born: string;
  readonly changes: readonly unknown[];
  /** All orders in force; undefined unless the changes were read from the beginning. */
  readonly orders: readonly unknown[] | undefined;
  /** The signs that the store has taken in. */
  readonly signs: readonly Sign[];
  readonly mayBeMore: boolean;
}

/** The question that a member asks once a poll, whatever the number of its circuits: its signs of life, for what has changed. */
export class Ticks {
  readonly #parts: FleetParts;
  readonly #circuits: SharedCircuits;
  /** The number of the last change that was read; 0 to begin with the first. */
  #cursor = 0;

  constructor(parts: FleetParts, circuits: SharedCircuits) {
    this.#parts = parts;
    this.#circuits = circuits;
  }

  /** Reads all changes with the next tick, as if none had been read. */
  startOver(): void {
    this.#cursor = 0;
  }

  /** A late answer brings no news: what it says is older than what the next tick will. */
  async tick(onNews: (news: News) => void): Promise<Answer> {
    const { keys, line, settings } = this.#parts;
    const signs = this.#signs();
    const isFirst = this.#cursor === 0;
    const asked = [keys.changes, keys.meta, keys.members, keys.orders];
    for (const { shared } of signs) {
      const { votes, callers } = keys.of(shared.id);
      asked.push(votes, callers);
    }
    const args = [
      settings.member,
      numeral(Math.max(10 * settings.pollMs, 60_000)),
      numeral(this.#cursor),
      String(maxChanges),
      isFirst ? '1' : '',
      ...signs.map(({ word }) => word),
    ];
    return line.ask(tick, asked, args, (reply, isLate) => {
      if (isLate) return;
      const [time, born, read, orders] = reply as [unknown, unknown, unknown[], unknown[]];
      // Even if nothing has ever changed, the next tick is not the first one.
      this.#cursor = Math.max(this.#cursor, Number(read.at(-1) ?? 0), 1);
      onNews({
        serverNow: Number(time),
        born: String(born),
        changes: read.filter((_, index) => index % 2 === 0),
        orders: isFirst ? orders : undefined,
        signs,
        mayBeMore: read.length >= 2 * maxChanges,
      });
    });
  }

  /** Counters are compared, rather than calls watched, so that a call costs nothing more. */
  #signs(): Sign[] {
    const now = this.#parts.registry.clock.now();
    const signs: Sign[] = [];
    for (const shared of this.#circuits) {
      const { statsIfAny } = shared.circuit;
      const takesBack = shared.word?.says === 'works';
      const calls = statsIfAny?.calls ?? 0;
      const isDue = calls !== shared.calls && now - shared.signAt >= signMs;
      if (!isDue && !takesBack) continue;
      const successes = statsIfAny?.successes ?? 0;
      // A trip that is in force stays a vote, whatever succeeded before it.
      const works = (takesBack || successes > shared.successes) && !shared.isOwnTrip;
      Object.assign(shared, { calls, successes, signAt: now });
      signs.push({ shared, word: works ? 'works' : 'called' });
      if (signs.length === maxSigns) break;
    }
    return signs;
  }
}
