export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle; `x` and `y` are its upper left corner. */
export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

export const rightOf = ({ x, width }: Rect): number => x + width;
export const bottomOf = ({ y, height }: Rect): number => y + height;

export const moved = <Shape extends Point>(shape: Shape, dx: number, dy: number): Shape => ({
  ...shape,
  x: shape.x + dx,
  y: shape.y + dy,
});

/** The smallest rectangle around others. */
export function around(rects: readonly Rect[]): Rect {
  const x = Math.min(...rects.map((rect) => rect.x));
  const y = Math.min(...rects.map((rect) => rect.y));
  return {
    x,
    y,
    width: Math.max(...rects.map(rightOf)) - x,
    height: Math.max(...rects.map(bottomOf)) - y,
  };
}

/** Whether two rectangles share any area. */
export const overlap = (a: Rect, b: Rect): boolean =>
  a.x < rightOf(b) && b.x < rightOf(a) && a.y < bottomOf(b) && b.y < bottomOf(a);
