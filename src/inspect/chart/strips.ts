import type { Point, Rect } from './geometry.ts';
import { bottomOf } from './geometry.ts';

/** A horizontal strip of nodes side by side, all with their centres at the same height. */
export interface Strip {
  readonly top: number;
  readonly bottom: number;
}

/** The strips of a placement. Lines cross strips vertically and move sideways only between them, so they cross no node. */
export class Strips {
  readonly #byMiddle = new Map<number, Strip>();

  constructor(nodes: Iterable<Rect>) {
    for (const node of nodes) {
      const middle = middleOf(node);
      const strip = this.#byMiddle.get(middle) ?? {
        top: Number.POSITIVE_INFINITY,
        bottom: Number.NEGATIVE_INFINITY,
      };
      this.#byMiddle.set(middle, {
        top: Math.min(strip.top, node.y),
        bottom: Math.max(strip.bottom, bottomOf(node)),
      });
    }
  }

  /** The strip of a node. */
  of(node: Rect): Strip {
    return this.#byMiddle.get(middleOf(node)) ?? { top: node.y, bottom: bottomOf(node) };
  }

  /** The strip around a point of a line; undefined between strips. */
  at({ y }: Point): Strip | undefined {
    return this.#byMiddle.get(Math.round(y));
  }
}

const middleOf = ({ y, height }: Rect): number => Math.round(y + height / 2);
