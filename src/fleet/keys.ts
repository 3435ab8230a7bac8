import { createHash } from 'node:crypto';

/** How much of a tool's name is kept for people to read, in characters. */
const maxNameLength = 200;

/** The name of a tool as it is written down: names come from models, and may be of any length. */
export const shownName = (name: string): string => name.slice(0, maxNameLength);

/** By what a fleet knows a circuit: a hash of its name, of 128 bits. */
export const idOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 32);

/** The keys of one circuit. */
export interface CircuitKeys {
  readonly circuit: string;
  readonly votes: string;
  readonly callers: string;
}

/**
 * The names of a fleet's keys and of its channel. All keys have one hash tag, so that in a cluster they are in one slot, where
 * one script can work on several of them.
 */
export class Keys {
  readonly changes: string;
  readonly meta: string;
  readonly members: string;
  readonly orders: string;
  readonly index: string;
  readonly channel: string;
  readonly #tag: string;

  constructor(namespace: string) {
    this.#tag = `toolfuse:{${namespace}}`;
    this.changes = `${this.#tag}:changes`;
    this.meta = `${this.#tag}:meta`;
    this.members = `${this.#tag}:members`;
    this.orders = `${this.#tag}:orders`;
    this.index = `${this.#tag}:index`;
    this.channel = `${this.#tag}:news`;
  }

  of(id: string): CircuitKeys {
    const tag = this.#tag;
    return { circuit: `${tag}:circuit:${id}`, votes: `${tag}:votes:${id}`, callers: `${tag}:callers:${id}` };
  }
}
