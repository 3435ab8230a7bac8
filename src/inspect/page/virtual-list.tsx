import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface VirtualListOptions<Item> {
  readonly items: readonly Item[];
  readonly rowHeight: number;
  readonly keyOf: (item: Item) => string | number;
  readonly row: (item: Item, index: number) => ComponentChildren;
  readonly label: string;
  /** Rows above the first one, such as a table's header. */
  readonly before?: number;
  /** The row to scroll to when it changes; -1 for none. */
  readonly reveal?: number;
  /** Whether the list stays scrolled to its end as it grows, until the user scrolls away. */
  readonly follows?: boolean;
}

/** Extra rows rendered above and below the visible ones, so that fast scrolling shows no gap. */
const spare = 6;

/** A list that renders only its visible rows. */
export function VirtualList<Item>(options: VirtualListOptions<Item>) {
  const { items, rowHeight, keyOf, row, label, before = 0, reveal = -1, follows = false } = options;
  const port = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);

  useLayoutEffect(() => {
    const element = port.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    setHeight(element.clientHeight);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = port.current;
    if (element === null || reveal < 0) return;
    const y = reveal * rowHeight;
    if (y < element.scrollTop || y + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = y - element.clientHeight / 2;
    }
  }, [reveal, rowHeight]);

  useLayoutEffect(() => {
    if (follows) isAtEnd.current = true;
  }, [follows]);

  const last = items.length === 0 ? undefined : keyOf(items[items.length - 1] as Item);
  useLayoutEffect(() => {
    const element = port.current;
    if (element !== null && follows && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [follows, last]);

  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const shown = items.slice(first, Math.ceil((top + height) / rowHeight) + spare);
  return (
    <div
      class="port"
      ref={port}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be reachable by keyboard.
      tabIndex={0}
      role="rowgroup"
      aria-label={label}
      // The list is as high as its rows, if there is room.
      style={{ flexBasis: `${items.length * rowHeight - 1}px` }}
      onScroll={({ currentTarget }) => {
        const { scrollTop, scrollHeight, clientHeight } = currentTarget;
        // Rows that arrived after the last scroll must not count as scrolling away.
        if (scrollTop !== top) isAtEnd.current = scrollHeight - scrollTop - clientHeight < rowHeight;
        setTop(scrollTop);
      }}
    >
      <div class="spacer" role="presentation" style={{ height: `${items.length * rowHeight}px` }}>
        {shown.map((item, index) => (
          <div
            key={keyOf(item)}
            class="slot"
            role="row"
            aria-rowindex={before + first + index + 1}
            style={{ transform: `translateY(${(first + index) * rowHeight}px)`, height: `${rowHeight}px` }}
          >
            {row(item, first + index)}
          </div>
        ))}
      </div>
    </div>
  );
}
