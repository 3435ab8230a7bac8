import { signal } from '@preact/signals';
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

/** The lanes in sight: by the id of the actor, how many show it. */
const inSight = new Map<string, number>();
const lanes = new Map<string, LaneNews & { readonly until: number; readonly ms: number }>();
const lanesTick = signal(0);
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
    for (const lane of answer?.lanes ?? []) {
      const id = feed.here(lane.id);
      lanes.set(id, { ...lane, id, until: answer?.now ?? 0, ms });
    }
  }
  lanesTick.value += 1;
}

async function askForAll(): Promise<void> {
  if (isAsking || inSight.size === 0) return;
  isAsking = true;
  await ask([...inSight.keys()]);
  isAsking = false;
}

setInterval(() => void askForAll(), askMs);

let isDue = false;
/** Asks at once for what has come into sight, together with all others that come with it. */
function askSoon(): void {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    void askForAll();
  }, 30);
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

/** The lane of an actor, kept up to date while it is in sight; undefined until it has arrived. */
export function useLane(
  id: string,
): (LaneNews & { readonly until: number; readonly ms: number }) | undefined {
  useEffect(() => {
    inSight.set(id, (inSight.get(id) ?? 0) + 1);
    askSoon();
    return () => {
      const left = (inSight.get(id) ?? 1) - 1;
      if (left > 0) inSight.set(id, left);
      else {
        inSight.delete(id);
        lanes.delete(id);
      }
    };
  }, [id]);
  lanesTick.value;
  return lanes.get(id);
}
