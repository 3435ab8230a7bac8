import { backoffAt, remainingMs } from './backoff.ts';
import { type ErrorCategory, isCounted } from './categories.ts';
import {
  backoffLeftMs,
  categoryOf,
  contextOn,
  healthy,
  instant,
  isolationLeftMs,
  type Moment,
  noProbes,
  type PermitStamp,
  type ToolCircuitContext,
  type ToolCircuitEvent,
  unused,
} from './circuit-context.ts';
import { type FleetVerdict, isHeld, isOldVerdict, type Lease, mayProbe } from './fleet-verdict.ts';
import type { CallOutcome } from './trip-strategy.ts';

/** How long a call took, in ms; null if it was not measured. */
export const durationOf = (event: ToolCircuitEvent): number | null =>
  'durationMs' in event && Number.isFinite(event.durationMs) ? (event.durationMs as number) : null;

/** The result of a call in the form that a trip strategy receives. */
function outcomeOf(moment: Moment): CallOutcome {
  const { context, event } = moment;
  const isFailure = event.type === 'FAILURE';
  return {
    isFailure,
    category: isFailure ? categoryOf(event) : null,
    durationMs: durationOf(event),
    at: instant(moment),
    failuresInARow: isFailure ? context.failureCount + 1 : 0,
  };
}

/** A result, and the trip strategy's memory after it. */
function recorded(moment: Moment): NonNullable<Moment['memo']> {
  if (moment.memo === undefined) {
    const call = outcomeOf(moment);
    const { config, tripMemory } = moment.context;
    moment.memo = { call, tripMemory: config.trip.record(tripMemory, call) };
  }
  return moment.memo;
}

/** The instant before which the tool must not be called: the later of its new request, up to a limit, and its previous one. */
function notBeforeAfter(moment: Moment): number | null {
  const { config, notBefore } = moment.context;
  const askedMs = 'retryAfterMs' in moment.event ? moment.event.retryAfterMs : undefined;
  if (typeof askedMs !== 'number' || !(askedMs > 0)) return notBefore;
  return Math.max(instant(moment) + Math.min(askedMs, config.maxRetryAfterMs), notBefore ?? -Infinity);
}

/** The probes without those that have not reported in time. */
function withoutHungProbes({ config, probesInFlight, probeStarts }: ToolCircuitContext, now: number) {
  const live = probeStarts.filter((start) => remainingMs(start, config.probeTimeoutMs, now) > 0);
  return { probesInFlight: probesInFlight - (probeStarts.length - live.length), probeStarts: live };
}

/** Whether a half-open circuit admits another probe: a slot is free, and the verdict needs more probes. */
function hasFreePlace(context: ToolCircuitContext, now: number): boolean {
  const { config, probeSuccesses, probeFailures } = context;
  const { probesInFlight } = withoutHungProbes(context, now);
  return (
    mayProbe(context.fleet, now) &&
    probesInFlight < config.halfOpenMaxProbes &&
    probesInFlight + probeSuccesses + probeFailures <
      Math.max(config.halfOpenMaxProbes, config.probesPerVerdict)
  );
}

/** Whether a result is late: the circuit has changed state since the call began, or the probe's slot was reclaimed. */
export function isLate(
  { generation, config, probeStarts }: ToolCircuitContext,
  stamp: PermitStamp | undefined,
): boolean {
  if (typeof stamp !== 'object' || stamp === null) return false;
  if (stamp.generation !== generation) return true;
  const { probeStart } = stamp;
  return (
    probeStart !== null && Number.isFinite(config.halfOpenMaxProbes) && !probeStarts.includes(probeStart)
  );
}

/** The probes without the one that has ended: the stamped one, or else the oldest. */
function withoutProbe(context: ToolCircuitContext, event: ToolCircuitEvent) {
  const start = 'stamp' in event ? event.stamp?.probeStart : undefined;
  const index = start == null ? 0 : context.probeStarts.indexOf(start);
  return {
    probesInFlight: Math.max(0, context.probesInFlight - 1),
    probeStarts: context.probeStarts.toSpliced(index, 1),
  };
}

function isSlow({ context, event }: Moment): boolean {
  return (durationOf(event) ?? 0) > (context.config.trip.slowCallMs ?? Infinity);
}

/** Whether a probe has failed; a success that was too slow counts as a failure. */
function isFailedProbe(moment: Moment): boolean {
  return moment.event.type === 'FAILURE' || isSlow(moment);
}

/** The number of isolations in force; a timed one may have ended. */
function isolationsOf(moment: Moment): number {
  const { isolations, isolatedUntil } = moment.context;
  return isolations + (remainingMs(isolatedUntil, 0, instant(moment)) > 0 ? 1 : 0);
}

/** The guards of the chart. */
export const rules = {
  resultIsLate: ({ context, event }: Moment): boolean =>
    isLate(context, 'stamp' in event ? event.stamp : undefined),
  categoryIsIgnored: ({ event }: Moment): boolean => !isCounted(categoryOf(event)),
  callTrips(moment: Moment): boolean {
    const { config } = moment.context;
    const { call, tripMemory } = recorded(moment);
    return config.trip.trips(tripMemory, call, config);
  },
  tripIsSpared: (moment: Moment): boolean =>
    rules.callTrips(moment) && (moment.context.isObserved || !moment.context.mayTrip()),
  // What a fleet holds open is probed with its lease alone, however late its time is found to be over.
  backoffHasRunOut: (moment: Moment): boolean =>
    !isHeld(moment.context.fleet) && backoffLeftMs(moment.context, instant(moment)) === 0,
  placeIsFree: (moment: Moment): boolean => hasFreePlace(moment.context, instant(moment)),
  probesAreTimed: ({ context }: Moment): boolean => context.probeStarts.length > 0,
  probeFails: isFailedProbe,
  tooManyProbesFail: (moment: Moment): boolean => {
    const { config, probeFailures } = moment.context;
    return isFailedProbe(moment) && probeFailures + 1 > config.probesPerVerdict - config.successThreshold;
  },
  successesSuffice: ({ context }: Moment): boolean =>
    context.probeSuccesses + 1 >= context.config.successThreshold,
  isolationHasRunOut: (moment: Moment): boolean => isolationLeftMs(moment.context, instant(moment)) === 0,
  isolatedMoreThanOnce: (moment: Moment): boolean => isolationsOf(moment) > 1,
  verdictIsOld: ({ context, event }: Moment): boolean =>
    'epoch' in event && isOldVerdict(context.fleet, event),
  onlyObserves: ({ context }: Moment): boolean => context.isObserved,
  fleetHolds: ({ context }: Moment): boolean => isHeld(context.fleet),
  leaseIsDue: (moment: Moment): boolean =>
    isHeld(moment.context.fleet) && backoffLeftMs(moment.context, instant(moment)) === 0,
  leaseIsHeld: ({ context: { fleet } }: Moment): boolean => isHeld(fleet) && fleet.lease === 'held',
  ownTripHolds: ({ context }: Moment): boolean => context.lastFailureAt !== null,
};

/** The verdict in force, with the lease in other hands until some instant. */
function withLease({ context: { fleet } }: Moment, lease: Lease, until: number) {
  return { fleet: fleet === null ? null : { ...fleet, lease, until } };
}

const leftMsOf = ({ event }: Moment): number => ('leftMs' in event ? event.leftMs : 0);

/** The verdict that an event brings. */
function verdictOf(moment: Moment): FleetVerdict | null {
  const { event } = moment;
  if (!('epoch' in event)) return null;
  const until = instant(moment) + leftMsOf(moment);
  const isOpen = event.type === 'FLEET_OPENED';
  return { epoch: event.epoch, isOpen, lease: 'free', until, answerMs: isOpen ? event.answerMs : 0 };
}

/** The category after a result: null if only its slowness was wrong, and the previous one if a timely success trips. */
function lastErrorCategoryAfter(moment: Moment): ErrorCategory | null {
  if (moment.event.type === 'FAILURE') return categoryOf(moment.event);
  return isSlow(moment) ? null : moment.context.lastErrorCategory;
}

/** The part of the context that every counted failure changes. */
const failed = (moment: Moment) => ({
  lastFailureAt: Math.max(instant(moment), moment.context.lastFailureAt ?? -Infinity),
  lastErrorCategory: lastErrorCategoryAfter(moment),
  notBefore: notBeforeAfter(moment),
});

function tripped(
  moment: Moment,
  step: number,
  failureCount: number,
  tripMemory: unknown,
  tripIsSpared: boolean,
) {
  const { config, baseBackoffMs, chance, openCount, closedAt, fleet } = moment.context;
  const { isolations, isolatedUntil, isolatedBy } = moment.context;
  const { lastFailureAt, lastErrorCategory, notBefore } = failed(moment);
  const backoff = backoffAt(config, step, baseBackoffMs, chance);
  return contextOn(moment.context, {
    failureCount,
    tripMemory,
    tripIsSpared,
    lastFailureAt,
    lastErrorCategory,
    notBefore,
    backoffStep: backoff.backoffStep,
    baseBackoffMs: backoff.baseBackoffMs,
    currentBackoffMs: backoff.currentBackoffMs,
    openedAt: instant(moment),
    openCount: openCount + 1,
    closedAt,
    isolations,
    isolatedUntil,
    isolatedBy,
    probesInFlight: noProbes.probesInFlight,
    probeStarts: noProbes.probeStarts,
    probeSuccesses: noProbes.probeSuccesses,
    probeFailures: noProbes.probeFailures,
    fleet: isHeld(fleet) ? withoutLease(fleet, instant(moment)) : fleet,
  });
}

/** The verdict of a fleet once a probe here has failed: in force until the fleet says more. */
const withoutLease = (fleet: FleetVerdict, now: number): FleetVerdict =>
  fleet.lease === 'held' ? { ...fleet, lease: 'free', until: now } : fleet;

/** The verdict of a fleet once the circuit has closed here. */
const withoutHold = (fleet: FleetVerdict | null): FleetVerdict | null =>
  isHeld(fleet) ? { ...fleet, isOpen: false, lease: 'free' } : fleet;

/** The backoff step at a trip: the first one, unless the circuit recovered only recently. */
function stepOfTrip(moment: Moment): number {
  const { backoffStep, closedAt, config } = moment.context;
  const isRelapse = closedAt !== null && instant(moment) - closedAt < config.backoffResetMs;
  return isRelapse ? backoffStep + 1 : 0;
}

/**
 * The context updates of the chart's actions. Those of trips, recoveries and failures name their fields one by one: a spread costs V8
 * more than all the rest of the update.
 */
export const updates = {
  rememberSuccess: (moment: Moment) => ({
    failureCount: 0,
    notBefore: null,
    tripIsSpared: false,
    tripMemory: recorded(moment).tripMemory,
  }),
  rememberFailure(moment: Moment) {
    const { lastFailureAt, lastErrorCategory, notBefore } = failed(moment);
    const { tripMemory } = recorded(moment);
    return {
      failureCount: moment.context.failureCount + 1,
      tripMemory,
      lastFailureAt,
      lastErrorCategory,
      notBefore,
    };
  },
  rememberSlowSuccess: (moment: Moment) => ({
    failureCount: 0,
    tripMemory: recorded(moment).tripMemory,
  }),
  noteSparedTrip: () => ({ tripIsSpared: true }),
  observe: () => ({ isObserved: true }),
  enforce: () => ({ isObserved: false, tripIsSpared: false }),

  trip(moment: Moment) {
    const { failuresInARow } = recorded(moment).call;
    return tripped(moment, stepOfTrip(moment), failuresInARow, moment.context.config.trip.start, false);
  },
  tripAgain(moment: Moment) {
    const { backoffStep, failureCount, tripMemory, tripIsSpared } = moment.context;
    return tripped(moment, backoffStep + 1, failureCount, tripMemory, tripIsSpared);
  },
  startWaitAgain: failed,
  recover: (moment: Moment) =>
    contextOn(moment.context, {
      tripMemory: moment.context.config.trip.start,
      closedAt: instant(moment),
      backoffStep: moment.context.backoffStep,
      baseBackoffMs: moment.context.baseBackoffMs,
      openCount: moment.context.openCount,
      failureCount: healthy.failureCount,
      tripIsSpared: healthy.tripIsSpared,
      lastFailureAt: healthy.lastFailureAt,
      lastErrorCategory: healthy.lastErrorCategory,
      currentBackoffMs: healthy.currentBackoffMs,
      notBefore: healthy.notBefore,
      openedAt: healthy.openedAt,
      isolations: healthy.isolations,
      isolatedUntil: healthy.isolatedUntil,
      isolatedBy: healthy.isolatedBy,
      probesInFlight: healthy.probesInFlight,
      probeStarts: healthy.probeStarts,
      probeSuccesses: healthy.probeSuccesses,
      probeFailures: healthy.probeFailures,
      fleet: withoutHold(moment.context.fleet),
    }),
  /** A closed circuit is closed by hand: not a recovery, but calls that began before no longer count. */
  startOver: ({ context }: Moment) => ({
    ...healthy,
    tripMemory: context.config.trip.start,
    generation: context.generation + 1,
  }),
  startFresh: ({ context }: Moment) => ({
    ...unused,
    tripMemory: context.config.trip.start,
    generation: context.generation + 1,
  }),

  startProbing: () => noProbes,
  takePlace(moment: Moment) {
    const now = instant(moment);
    const { probesInFlight, probeStarts } = withoutHungProbes(moment.context, now);
    const timed = Number.isFinite(moment.context.config.halfOpenMaxProbes);
    return {
      probesInFlight: probesInFlight + 1,
      probeStarts: timed ? [...probeStarts, Math.max(now, probeStarts.at(-1) ?? now)] : probeStarts,
    };
  },
  giveBackPlace: ({ context, event }: Moment) => withoutProbe(context, event),
  giveBackHungPlaces: ({ context }: Moment) => withoutHungProbes(context, context.now()),
  countProbeSuccess: ({ context }: Moment) => ({ probeSuccesses: context.probeSuccesses + 1 }),
  countProbeFailure: (moment: Moment) => ({
    ...failed(moment),
    probeFailures: moment.context.probeFailures + 1,
  }),

  countLateResult: ({ context }: Moment) => ({ lateResults: context.lateResults + 1 }),
  deny: (moment: Moment) => ({
    deniedRequests: moment.context.deniedRequests + 1,
    lastDeniedAt: instant(moment),
  }),

  isolate(moment: Moment) {
    const end = endOfIsolation(moment);
    // The operator's word replaces the fleet's. If that is still in force at the end, the circuit is told of it again.
    return {
      openedAt: instant(moment),
      isolations: end === null ? 1 : 0,
      isolatedUntil: end,
      isolatedBy: nameIn(moment),
      fleet: null,
      ...noProbes,
    };
  },
  isolateAgain(moment: Moment) {
    const { isolations, isolatedUntil, isolatedBy } = moment.context;
    const end = endOfIsolation(moment);
    const by = { isolatedBy: nameIn(moment) ?? isolatedBy };
    return end === null
      ? { ...by, isolations: isolations + 1 }
      : { ...by, isolatedUntil: Math.max(end, isolatedUntil ?? -Infinity) };
  },
  releaseOnce: ({ context: { isolations } }: Moment) => ({ isolations: isolations - 1 }),

  /** Opens a circuit that has not tripped here: it has no last failure, so that its own backoff never counts. */
  openForFleet: (moment: Moment) => ({
    ...healthy,
    tripMemory: moment.context.config.trip.start,
    lastErrorCategory: moment.event.type === 'FLEET_OPENED' ? moment.event.category : null,
    currentBackoffMs: leftMsOf(moment),
    openedAt: instant(moment),
    fleet: verdictOf(moment),
  }),
  holdForFleet: (moment: Moment) => ({ ...noProbes, fleet: verdictOf(moment) }),
  noteVerdict: (moment: Moment) => ({ fleet: verdictOf(moment) }),
  awaitLease: (moment: Moment) =>
    withLease(moment, 'asked', instant(moment) + (moment.context.fleet?.answerMs ?? 0)),
  holdLease: (moment: Moment) => ({
    ...noProbes,
    ...withLease(moment, 'held', instant(moment) + leftMsOf(moment)),
  }),
  noteOthersLease: (moment: Moment) => withLease(moment, 'elsewhere', instant(moment) + leftMsOf(moment)),
  giveUpLease: (moment: Moment) => ({ ...noProbes, ...withLease(moment, 'free', instant(moment)) }),
  /** Without the fleet, its verdict becomes a wait of this circuit's own. */
  fallBack: (moment: Moment) => {
    const { fleet, notBefore } = moment.context;
    const extraMs = 'extraMs' in moment.event ? moment.event.extraMs : 0;
    const end = fleet?.lease === 'free' ? Math.max(fleet.until, instant(moment)) : instant(moment);
    return { fleet: null, notBefore: Math.max(end + extraMs, notBefore ?? -Infinity) };
  },
  forgetFleet: () => ({ fleet: null }),
};

/** The longest name of an operator that is kept, in characters. */
const maxNameLength = 100;

/** Who gives an order; null if that is not said. */
function nameIn({ event }: Moment): string | null {
  const by = 'by' in event ? event.by : undefined;
  return typeof by === 'string' ? by.slice(0, maxNameLength) : null;
}

/** When an isolation ends; null if it lasts until it is released. */
function endOfIsolation(moment: Moment): number | null {
  const forMs = 'forMs' in moment.event ? moment.event.forMs : undefined;
  return typeof forMs === 'number' && forMs >= 0 ? instant(moment) + forMs : null;
}
