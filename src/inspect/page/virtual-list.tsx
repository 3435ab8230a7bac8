import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface VirtualListOptions<Item> {
  readonly items: readonly Item[];
  /** In px; of all rows, or of each. */
  readonly rowHeight: number | ((item: Item) => number);
  readonly keyOf: (item: Item) => string | number;
  /** A row; `isBrief` while somebody scrolls past it too fast to read more than a name. */
  readonly row: (item: Item, index: number, isBrief: boolean) => ComponentChildren;
  readonly label: string;
  /** Rows above the first one, such as a table's header. */
  readonly before?: number;
  /** The row to scroll to when it changes; -1 for none. */
  readonly reveal?: number;
  /** Whether the whole page scrolls, and not the list alone. Default false. */
  readonly inWindow?: boolean;
  /** Whether the list stays scrolled to its end as it grows, until the user scrolls away. */
  readonly follows?: boolean;
}

/** Extra rows rendered above and below the visible ones, so that fast scrolling shows no gap. */
const spare = 6;

/** A list flies if more than this share of its height passes from one frame to the next, until it has been slower for so long, in ms. */
const flyingShare = 0.25;
const restMs = 120;

/** Whether somebody scrolls so fast that whole rows would cost the frames in which they pass. */
function useFlight(): {
  readonly isFlying: boolean;
  readonly onMove: (px: number, height: number) => void;
} {
  const [isFlying, setFlying] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  const onMove = (px: number, height: number): void => {
    if (Math.abs(px) <= height * flyingShare) return;
    setFlying(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setFlying(false), restMs);
  };
  return { isFlying, onMove };
}

/** Where each row begins, and where the last one ends. */
function topsOf<Item>(
  items: readonly Item[],
  rowHeight: number | ((item: Item) => number),
): (index: number) => number {
  if (typeof rowHeight === 'number') return (index) => index * rowHeight;
  const tops = [0];
  for (const item of items) tops.push((tops.at(-1) ?? 0) + rowHeight(item));
  return (index) => tops[Math.min(Math.max(0, index), items.length)] ?? 0;
}

/** The row at a height. */
function rowAt(topOf: (index: number) => number, length: number, y: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (topOf(middle + 1) <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A list that renders only its visible rows. */
export function VirtualList<Item>(options: VirtualListOptions<Item>) {
  const { items, rowHeight, keyOf, row, label, before = 0, reveal = -1, follows = false } = options;
  const { inWindow = false } = options;
  const topOf = topsOf(items, rowHeight);
  const port = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const { isFlying, onMove } = useFlight();
  /** The rows that are drawn whole: they stay so while they are in sight. */
  const whole = useRef<ReadonlySet<string | number>>(new Set());

  useLayoutEffect(() => {
    const element = port.current;
    if (element === null) return;
    if (inWindow) {
      let last = 0;
      const onScroll = (): void => {
        const now = Math.max(0, -element.getBoundingClientRect().top);
        onMove(now - last, innerHeight);
        last = now;
        setTop(now);
        setHeight(innerHeight);
        isAtEnd.current = scrollY + innerHeight > document.documentElement.scrollHeight - 60;
      };
      onScroll();
      addEventListener('scroll', onScroll, { passive: true });
      addEventListener('resize', onScroll);
      return () => {
        removeEventListener('scroll', onScroll);
        removeEventListener('resize', onScroll);
      };
    }
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    setTop(element.scrollTop);
    setHeight(element.clientHeight);
    return () => observer.disconnect();
  }, [inWindow]);

  useEffect(() => {
    const element = port.current;
    if (element === null || reveal < 0) return;
    const y = topOf(reveal);
    if (inWindow) return;
    if (y < element.scrollTop || topOf(reveal + 1) > element.scrollTop + element.clientHeight) {
      element.scrollTop = y - element.clientHeight / 2;
    }
  }, [reveal, inWindow]);

  useLayoutEffect(() => {
    if (follows) isAtEnd.current = true;
  }, [follows]);

  const last = items.length === 0 ? undefined : keyOf(items[items.length - 1] as Item);
  useLayoutEffect(() => {
    const element = port.current;
    if (element === null || !follows || !isAtEnd.current) return;
    if (inWindow) scrollTo(0, document.documentElement.scrollHeight);
    else element.scrollTop = element.scrollHeight;
  }, [follows, last, inWindow]);

  const first = Math.max(0, rowAt(topOf, items.length, top) - spare);
  const shown = items.slice(first, rowAt(topOf, items.length, top + height) + 1 + spare);
  const isBrief = (item: Item): boolean => isFlying && !whole.current.has(keyOf(item));
  useLayoutEffect(() => {
    whole.current = new Set(shown.filter((item) => !isBrief(item)).map(keyOf));
  });
  return (
    <div
      class={inWindow ? 'port in-window' : 'port'}
      ref={port}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be reachable by keyboard.
      tabIndex={0}
      role="rowgroup"
      aria-label={label}
      // The list is as high as its rows, if there is room.
      style={inWindow ? {} : { flexBasis: `${topOf(items.length) - 1}px` }}
      onScroll={({ currentTarget }) => {
        if (inWindow) return;
        const { scrollTop, scrollHeight, clientHeight } = currentTarget;
        // Rows that arrived after the last scroll must not count as scrolling away.
        if (scrollTop !== top) isAtEnd.current = scrollHeight - scrollTop - clientHeight < 30;
        onMove(scrollTop - top, clientHeight);
        setTop(scrollTop);
      }}
    >
      <div class="spacer" role="presentation" style={{ height: `${topOf(items.length)}px` }}>
        {shown.map((item, index) => (
          <div
            key={keyOf(item)}
            class="slot"
            role="row"
            aria-rowindex={before + first + index + 1}
            style={{
              transform: `translateY(${topOf(first + index)}px)`,
              height: `${topOf(first + index + 1) - topOf(first + index)}px`,
            }}
          >
            {row(item, first + index, isBrief(item))}
          </div>
        ))}
      </div>
    </div>
  );
}
