/** The point on the upper or lower side of a node where a line begins or ends. */
export interface Port {
  readonly edge: string;
  /** The x at which the line would be straight. */
  readonly towards: number;
}

/** The smallest distance between two lines, in px, if there is room. */
const gap = 16;

/** Spreads the ends of lines along a side of a node: as straight as possible, in order, and apart from each other. */
export function spreadPorts(ports: readonly Port[], from: number, to: number): ReadonlyMap<string, number> {
  const inOrder = [...ports].sort((a, b) => a.towards - b.towards);
  const between = Math.min(gap, (to - from) / Math.max(1, ports.length - 1));
  const places: number[] = [];
  for (const [index, { towards }] of inOrder.entries()) {
    const wanted = Math.min(Math.max(towards, from), to);
    places.push(Math.max(wanted, (places[index - 1] ?? Number.NEGATIVE_INFINITY) + between));
  }
  for (let index = places.length - 1; index >= 0; index--) {
    const limit = index === places.length - 1 ? to : (places[index + 1] ?? to) - between;
    places[index] = Math.min(places[index] ?? to, limit);
  }
  return new Map(inOrder.map(({ edge }, index) => [edge, places[index] ?? from]));
}
