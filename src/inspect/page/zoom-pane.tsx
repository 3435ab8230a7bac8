import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface ZoomPaneOptions {
  /** The size of the content, in px. */
  readonly width: number;
  readonly height: number;
  readonly label: string;
  /** The point to begin with where the whole would be too small to read. */
  readonly focus?: { readonly x: number; readonly y: number } | undefined;
  readonly children: ComponentChildren;
}

interface Sight {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

const smallest = 0.15;
/** Below this scale, the words of a chart cannot be read. */
const readable = 0.85;
/** A pane that is narrower is a phone's, on which a chart that fits in could not be read. In px. */
const narrowPx = 600;
const largest = 4;
const step = 1.25;
const panPx = 60;
const within = (scale: number): number => Math.min(largest, Math.max(smallest, scale));

/** A drawing that can be panned and zoomed by mouse, wheel and keyboard. */
export function ZoomPane({ width, height, label, focus, children }: ZoomPaneOptions) {
  const pane = useRef<SVGSVGElement>(null);
  const [sight, setSight] = useState<Sight>({ scale: 1, x: 0, y: 0 });
  /** Whether the content is fitted to the pane, and should stay so when the window changes. */
  const isFitted = useRef(true);

  const showAll = useCallback(() => {
    const element = pane.current;
    if (element === null) return;
    const { clientWidth, clientHeight } = element;
    const scale = within(Math.min(clientWidth / width, clientHeight / height, 1.3));
    isFitted.current = true;
    setSight({ scale, x: (clientWidth - width * scale) / 2, y: (clientHeight - height * scale) / 2 });
  }, [width, height]);

  const begin = useRef(focus);
  begin.current = focus;
  /** Shows all of it, or of a phone what can be read around the point to begin with. */
  const showFirst = useCallback(() => {
    const element = pane.current;
    if (element === null) return;
    const { clientWidth, clientHeight } = element;
    const scale = Math.min(clientWidth / width, clientHeight / height);
    if (begin.current === undefined || clientWidth >= narrowPx || scale >= readable) return showAll();
    isFitted.current = true;
    // No more room is left at a side than there would be around all of it.
    const within = (at: number, size: number, room: number): number =>
      Math.min(8, Math.max(room / 2 - at * readable, room - size * readable - 8));
    setSight({
      scale: readable,
      x: within(begin.current.x, width, clientWidth),
      y: within(begin.current.y, height, clientHeight),
    });
  }, [width, height, showAll]);

  /** Zooms in or out around a fixed point. */
  const zoom = useCallback((factor: number, at?: { x: number; y: number }) => {
    const element = pane.current;
    if (element === null) return;
    const { x, y } = at ?? { x: element.clientWidth / 2, y: element.clientHeight / 2 };
    isFitted.current = false;
    setSight((now) => {
      const scale = within(now.scale * factor);
      const ratio = scale / now.scale;
      return { scale, x: x - (x - now.x) * ratio, y: y - (y - now.y) * ratio };
    });
  }, []);

  const pan = useCallback((dx: number, dy: number) => {
    isFitted.current = false;
    setSight((now) => ({ ...now, x: now.x + dx, y: now.y + dy }));
  }, []);

  useLayoutEffect(() => {
    showFirst();
    const element = pane.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      if (isFitted.current) showFirst();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [showFirst]);

  useEffect(() => {
    const element = pane.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY / 400), { x: event.clientX - left, y: event.clientY - top });
    };
    // A passive listener could not prevent the page from scrolling.
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [zoom]);

  const keys: Readonly<Record<string, () => void>> = {
    '+': () => zoom(step),
    '=': () => zoom(step),
    '-': () => zoom(1 / step),
    '0': showAll,
    ArrowLeft: () => pan(panPx, 0),
    ArrowRight: () => pan(-panPx, 0),
    ArrowUp: () => pan(0, panPx),
    ArrowDown: () => pan(0, -panPx),
  };

  return (
    <div class="canvas">
      <div class="zooming" role="group" aria-label="Zoom">
        <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => zoom(1 / step)}>
          −
        </button>
        <output class="scale">{Math.round(sight.scale * 100)} %</output>
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => zoom(step)}>
          +
        </button>
        <button type="button" title="Show all of it (0)" onClick={showAll}>
          Fit
        </button>
      </div>
      <svg
        ref={pane}
        class="chart"
        role="group"
        aria-label={label}
        tabindex={0}
        onKeyDown={(event) => {
          const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
          if (act === undefined) return;
          event.preventDefault();
          act();
        }}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          if (event.buttons === 1) pan(event.movementX, event.movementY);
        }}
      >
        <g transform={`translate(${sight.x} ${sight.y}) scale(${sight.scale})`}>{children}</g>
      </svg>
    </div>
  );
}
