import { batch, type Signal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type LaneNews, maxLanesPerRequest } from '../protocol.ts';
import type { Feed } from './feed.ts';
import { actors } from './store.ts';

/** The periods that lanes can show, in ms. */
export const periods = [
  { ms: 15 * 60_000, words: '15 min', parts: 45 },
  { ms: 3_600_000, words: '1 h', parts: 30 },
  { ms: 6 * 3_600_000, words: '6 h', parts: 60 },
  { ms: 24 * 3_600_000, words: '24 h', parts: 60 },
] as const;

const key = 'toolfuse.period';

function stored(): number {
  try {
    const ms = Number(localStorage.getItem(key));
    return periods.find((each) => each.ms === ms)?.ms ?? periods[1].ms;
  } catch {
    return periods[1].ms;
  }
}

/** How far back lanes reach, in ms. */
export const period = signal(stored());

/** How often lanes in sight are asked for, in ms. */
const askMs = 1_000;

/** For how long more rows may come into sight before lanes are asked for, in ms; and how long that may go on. */
const restMs = 60;
const maxWaitMs = 300;
/** Of how many actors out of sight the lanes are kept, so that somebody who scrolls back finds them. */
const maxKept = 200;

/** An answer, with the instant up to which it reaches and for how long, in ms. */
export type ShownLane = LaneNews & { readonly until: number; readonly ms: number };

/** The lanes in sight: by the id of the actor, how many show it. */
const inSight = new Map<string, number>();
/** By the id of the actor, the one that left sight last at the end. Each is a signal, so that it alone is drawn anew. */
const lanes = new Map<string, Signal<ShownLane | undefined>>();
let isAsking = false;

async function ask(ids: readonly string[]): Promise<void> {
  const ms = period.value;
  const parts = periods.find((each) => each.ms === ms)?.parts ?? 60;

  const byFeed = new Map<Feed | undefined, string[]>();
  for (const id of ids) {
    const feed = actors.get(id)?.feed;
    byFeed.set(feed, [...(byFeed.get(feed) ?? []), id]);
  }
  for (const [feed, some] of byFeed) {
    if (feed === undefined) continue;
    const asked = some.slice(0, maxLanesPerRequest).map((id) => feed.there(id));
    const answer = await feed.link.ask({ type: 'lanes', actors: asked, spanMs: ms, parts }, 'lanes');
    batch(() => {
      for (const lane of answer?.lanes ?? []) {
        const id = feed.here(lane.id);
        const known = lanes.get(id);
        if (known !== undefined) known.value = { ...lane, id, until: answer?.now ?? 0, ms };
      }
    });
  }
}

async function askFor(ids: readonly string[]): Promise<void> {
  if (isAsking || ids.length === 0) return;
  isAsking = true;
  await ask(ids);
  isAsking = false;
}

setInterval(() => void askFor([...inSight.keys()]), askMs);

/** Whether a lane is not known yet, or of another period. */
const isMissing = (id: string): boolean => lanes.get(id)?.value?.ms !== period.value;

let waiting: { readonly since: number; timer: ReturnType<typeof setTimeout> } | undefined;
/** Asks for what has come into sight once no more comes: of rows that somebody scrolls past, nothing is needed. */
function askSoon(): void {
  const since = waiting?.since ?? performance.now();
  clearTimeout(waiting?.timer);
  const waitMs = Math.max(0, Math.min(restMs, since + maxWaitMs - performance.now()));
  const timer = setTimeout(() => {
    waiting = undefined;
    if (isAsking) askSoon();
    else void askFor([...inSight.keys()].filter(isMissing));
  }, waitMs);
  waiting = { since, timer };
}

/** Changes how far back lanes reach. */
export function showPeriod(ms: number): void {
  period.value = ms;
  try {
    localStorage.setItem(key, String(ms));
  } catch {
    // The choice then lasts only until the page is closed.
  }
  askSoon();
}

function laneOf(id: string): Signal<ShownLane | undefined> {
  let lane = lanes.get(id);
  if (lane === undefined) {
    lane = signal(undefined);
    lanes.set(id, lane);
  }
  return lane;
}

function leave(id: string): void {
  const left = (inSight.get(id) ?? 1) - 1;
  if (left > 0) {
    inSight.set(id, left);
    return;
  }
  inSight.delete(id);
  const lane = laneOf(id);
  lanes.delete(id);
  lanes.set(id, lane);
  for (const each of lanes.keys()) {
    if (lanes.size <= inSight.size + maxKept) break;
    if (!inSight.has(each)) lanes.delete(each);
  }
}

/** The lane of an actor, kept up to date while it is in sight; undefined until it has arrived. */
export function useLane(id: string): ShownLane | undefined {
  useEffect(() => {
    inSight.set(id, (inSight.get(id) ?? 0) + 1);
    if (isMissing(id)) askSoon();
    return () => leave(id);
  }, [id]);
  return laneOf(id).value;
}
