import { type Change, readChange } from './change.ts';
import { Keys } from './keys.ts';
import { look, survey } from './scripts/index.ts';
import type { FleetStore } from './store.ts';

/** A circuit as the store of a fleet knows it. */
export interface SurveyedCircuit {
  /** The circuit's name, or the beginning of a long one. */
  readonly tool: string;
  /** Whether it is open for all. */
  readonly isOpen: boolean;
  /** The number of the last verdict; null if there was none. */
  readonly epoch: number | null;
  /** How long until one member may probe it, in ms. */
  readonly leftMs: number;
  /** How often a probe has failed since it opened. */
  readonly step: number;
  readonly lastErrorCategory: string | null;
  /** The members in which it has tripped. */
  readonly votes: readonly string[];
  /** How many members call it. */
  readonly callers: number;
  /** The member that has the lease for the probe, and for how long, in ms; null if nobody has. */
  readonly lease: { readonly member: string; readonly leftMs: number } | null;
}

/** What the store of a fleet knows. */
export interface FleetSurvey {
  readonly namespace: string;
  readonly members: readonly string[];
  /** The circuits that somebody has voted on within an hour. */
  readonly circuits: readonly SurveyedCircuit[];
  /** The orders of operators that are in force. */
  readonly orders: readonly {
    readonly tool: string;
    readonly order: string;
    readonly leftMs: number | null;
  }[];
}

/** How many circuits are looked at in one go. */
const batch = 100;

const texts = (value: unknown): string[] => (value as unknown[]).map(String);

function surveyed(fields: readonly unknown[], now: number): SurveyedCircuit {
  const [tool = '', state, epoch, until, step, category, holder = '', leaseEnd] = texts(fields.slice(0, 8));
  const leaseLeftMs = Number(leaseEnd) - now;
  return {
    tool,
    isOpen: state === 'open',
    epoch: epoch === '' ? null : Number(epoch),
    leftMs: state === 'open' ? Math.max(0, Number(until) - now) : 0,
    step: Number(step),
    lastErrorCategory: category === '' ? null : (category ?? null),
    votes: texts(fields[8]),
    callers: Number(fields[9]),
    lease: holder !== '' && leaseLeftMs > 0 ? { member: holder, leftMs: leaseLeftMs } : null,
  };
}

/**
 * Looks at a fleet from outside, without joining it: its members, what they have voted, what is open for all, and who probes.
 *
 * @example
 * const { circuits } = await surveyFleet(fromIoredis(client), 'agents');
 *
 * @throws (as a rejection) the error of the store.
 */
export async function surveyFleet(store: FleetStore, namespace: string): Promise<FleetSurvey> {
  const keys = new Keys(namespace);
  const reply = await store.eval(survey, [keys.members, keys.index, keys.orders], []);
  const [time, members, ids, orders] = reply as [unknown, unknown, unknown, unknown];
  const now = Number(time);
  const circuits: SurveyedCircuit[] = [];
  const all = texts(ids);
  for (let from = 0; from < all.length; from += batch) {
    const looked = all.slice(from, from + batch).flatMap((id) => {
      const { circuit, votes, callers } = keys.of(id);
      return [circuit, votes, callers];
    });
    for (const fields of (await store.eval(look, looked, [])) as unknown[][])
      circuits.push(surveyed(fields, now));
  }
  const standing = (orders as unknown[])
    .map(readChange)
    .filter((change): change is Change & { kind: 'order' } => change?.kind === 'order')
    .map(({ name, order, until }) => ({ tool: name, order, leftMs: until === 0 ? null : until - now }))
    .filter(({ leftMs }) => leftMs === null || leftMs > 0);
  return {
    namespace,
    members: texts(members).sort(),
    circuits: circuits.sort((a, b) => Number(b.isOpen) - Number(a.isOpen) || a.tool.localeCompare(b.tool)),
    orders: standing,
  };
}
