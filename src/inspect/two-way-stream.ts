import type { Duplex } from 'node:stream';

/**
 * A two-way stream of Node.js, such as a socket. These are those of its members that it is known by, so that a project needs no types of
 * Node.js to compile with ours.
 */
export interface TwoWayStream {
  write(text: string): boolean;
  destroy(): unknown;
  setEncoding(encoding: 'utf8'): unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
}

/** The stream with all its members, which only Node.js has. */
export const asDuplex = (stream: TwoWayStream): Duplex => stream as Duplex;
