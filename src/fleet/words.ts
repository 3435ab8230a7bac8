import { backoffLeftMs } from '../../machines/circuit-context.ts';
import { type Change, readChange } from './change.ts';
import { shownName } from './keys.ts';
import { numeral } from './numeral.ts';
import { settle, vote } from './scripts/index.ts';
import type { FleetParts } from './settings.ts';
import type { SharedCircuit, Word } from './shared-circuit.ts';

/** What happens with the words of a member. */
export interface WordsOptions {
  /** Whether the store is there to be told. */
  readonly mayTell: () => boolean;
  /** The last epoch that is known of a circuit. */
  readonly epochOf: (shared: SharedCircuit) => number;
  /** The store has answered with a change, at an instant of its own clock. */
  readonly onChange: (change: Change | undefined, serverNow?: number) => void;
}

/**
 * What a member has yet to say: the last word of each circuit and never a queue, so that a store that was gone for an hour is not
 * told what was true an hour ago.
 */
export class Words {
  readonly #parts: FleetParts;
  readonly #options: WordsOptions;
  readonly #unsaid = new Set<SharedCircuit>();
  #isFlushDue = false;

  constructor(parts: FleetParts, options: WordsOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Says something of a circuit, in place of what has not been said yet. */
  say(shared: SharedCircuit, word: Word): void {
    shared.word = word;
    this.#unsaid.add(shared);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    // Later, because this may be the middle of a transition.
    queueMicrotask(() => {
      this.#isFlushDue = false;
      void this.flush();
    });
  }

  /** Says all that has not been said. Resolves when the store has been told, or has missed it. */
  async flush(): Promise<void> {
    if (!this.#options.mayTell()) return;
    await Promise.all(Array.from(this.#unsaid, (shared) => this.#sayWord(shared)));
  }

  /** The store has been told in another way. */
  wasSaid(shared: SharedCircuit, says: Word['says']): void {
    if (shared.word?.says !== says) return;
    shared.word = undefined;
    this.#unsaid.delete(shared);
  }

  async #sayWord(shared: SharedCircuit): Promise<void> {
    const { word, isBeingSaid } = shared;
    // Successes go with the next tick.
    if (word === undefined || isBeingSaid || word.says === 'works') return;
    shared.isBeingSaid = true;
    const isSaid =
      word.says === 'trips' ? await this.#sayTrip(shared, word) : await this.#saySettled(shared, word);
    shared.isBeingSaid = false;
    // What was not said is tried again after the next tick.
    if (!isSaid) return;
    if (shared.word !== word) return this.#sayWord(shared);
    shared.word = undefined;
    this.#unsaid.delete(shared);
  }

  async #sayTrip(shared: SharedCircuit, { hasWaited }: Word & { says: 'trips' }): Promise<boolean> {
    if (!shared.isOwnTrip) return true;
    const { keys, line, settings, tell } = this.#parts;
    const { circuit, votes, callers } = keys.of(shared.id);
    const args = [
      settings.member,
      ...this.#nameOf(shared),
      String(settings.minVotes),
      String(settings.share),
      ...this.#waitOf(shared),
      hasWaited ? '1' : '',
    ];
    shared.hasVoted = true;
    const asked = [circuit, votes, callers, keys.changes, keys.meta, keys.members, keys.index];
    const { isAnswered } = await line.ask(vote, asked, args, (reply) => {
      const [word, given, called, needed, change, serverNow] = reply as string[];
      tell({
        type: 'fleet.voted',
        tool: shared.circuit.id,
        votes: Number(given),
        callers: Number(called),
        needed: Number(needed),
      });
      this.#options.onChange(readChange(change), Number(serverNow));
      if (word === 'alone') this.#voteAgain(shared);
    });
    return isAnswered;
  }

  /** Votes again after a poll, by which others that call the tool have been heard of: so that the first to trip is not taken for all. */
  #voteAgain(shared: SharedCircuit): void {
    const { registry, settings } = this.#parts;
    registry.clock.setTimeout(() => {
      if (!shared.isOwnTrip || shared.word !== undefined) return;
      this.say(shared, { says: 'trips', hasWaited: true });
    }, settings.pollMs);
  }

  async #saySettled(shared: SharedCircuit, { token, outcome }: Word & { says: 'settled' }): Promise<boolean> {
    const { keys, line, settings } = this.#parts;
    const { circuit, votes, callers } = keys.of(shared.id);
    const args = [settings.member, ...this.#nameOf(shared), token, outcome, ...this.#waitOf(shared)];
    if (outcome !== 'released') shared.hasVoted = outcome === 'fails';
    const asked = [circuit, votes, callers, keys.changes, keys.meta];
    const { isAnswered } = await line.ask(settle, asked, args, (reply) => {
      const [, change] = reply as string[];
      this.#options.onChange(readChange(change));
    });
    return isAnswered;
  }

  #nameOf({ circuit, id }: SharedCircuit): [id: string, name: string, channel: string] {
    return [id, shownName(circuit.id), this.#parts.keys.channel];
  }

  /** What the store needs to know of a circuit to work out how long it stays open. */
  #waitOf(shared: SharedCircuit): string[] {
    const { context } = shared.circuit.latest;
    const { minBackoffMs, backoffFactor, maxBackoffMs, backoff } = context.config;
    // The fleet's own hold is not a wait of this circuit.
    const leftMs = backoffLeftMs({ ...context, fleet: null }, this.#parts.registry.clock.now());
    const growth =
      backoff === null
        ? [numeral(minBackoffMs), String(backoffFactor), numeral(maxBackoffMs)]
        : ['0', '1', '0'];
    const known = numeral(this.#options.epochOf(shared));
    return [known, numeral(leftMs), ...growth, context.lastErrorCategory ?? ''];
  }
}
