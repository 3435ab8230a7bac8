import type { Browser, Page } from 'playwright-core';

/** What the main thread of a page did in a while, by the processor time that it took: other programs do not add to it. */
export interface MainThreadWork {
  /** The processor time of all that was done, in ms; of it for styles and layout, and for painting. */
  readonly ms: number;
  readonly layoutMs: number;
  readonly paintMs: number;
  /** The processor time of the longest task, in ms: meanwhile the page draws nothing and answers nothing. */
  readonly longestTaskMs: number;
}

/** The part of an event in a trace of Chromium that is read; `tdur` is processor time in µs. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

const tasks = new Set(['ThreadControllerImpl::RunTask']);
const layout = new Set(['UpdateLayoutTree', 'Layout']);
const paint = new Set(['PrePaint', 'Paint', 'Layerize', 'Commit']);

/** Traces what the main thread of a page does until something is done. */
export async function traceMainThread(
  browser: Browser,
  page: Page,
  until: () => Promise<unknown>,
): Promise<MainThreadWork> {
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
  await until();
  const { traceEvents } = JSON.parse(String(await browser.stopTracing())) as {
    traceEvents: readonly TraceEvent[];
  };
  const mains = new Set(
    traceEvents.flatMap(({ name, args, pid, tid }) =>
      name === 'thread_name' && args?.name === 'CrRendererMain' ? [`${pid} ${tid}`] : [],
    ),
  );
  const msOf = (names: ReadonlySet<string>): number[] =>
    traceEvents.flatMap(({ name, pid, tid, tdur = 0 }) =>
      names.has(name) && mains.has(`${pid} ${tid}`) ? [tdur / 1_000] : [],
    );
  const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0);
  const all = msOf(tasks);
  if (all.length === 0) throw new Error('this Chromium does not tell what its pages do');
  return {
    ms: sum(all),
    layoutMs: sum(msOf(layout)),
    paintMs: sum(msOf(paint)),
    longestTaskMs: Math.max(...all),
  };
}
