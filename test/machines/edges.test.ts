import {
  type AgentRunEvent,
  agentRunMachine,
  type CircuitConfig,
  countWindow,
  type FleetMemberContext,
  type FleetMemberEvent,
  fleetMemberMachine,
  type LoopMemory,
  type RecoveryConfig,
  type ToolCircuitContext,
  type ToolCircuitEvent,
  type ToolRegistryEvent,
  toolCircuitMachine,
  toolRegistryMachine,
} from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, type AnyStateNode, type AnyTransitionDefinition, createActor } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';

const keyOf = (node: AnyStateNode): string => (node.parent === undefined ? 'any' : node.key);

/** The name of an edge: `open --REQUEST [backoffHasRunOut]--> halfOpen`; without a target, the edge `stays`. */
function nameOf({ source, eventType, guard, target }: AnyTransitionDefinition): string {
  const event = eventType === '' ? 'always' : eventType.replace(/^xstate\.after\.([^.]+)\..*$/, 'after $1');
  const condition = guard === undefined ? '' : ` [${String(guard)}]`;
  return `${keyOf(source)} --${event}${condition}--> ${target?.map(keyOf).join(', ') ?? 'stays'}`;
}

/** Every edge that a chart defines, at its root and in each state, including alternative, delayed and eventless ones. */
function edgesOf(node: AnyStateNode): AnyTransitionDefinition[] {
  return [
    ...[...node.transitions.values()].flat(),
    ...(node.always ?? []),
    ...Object.values(node.states).flatMap(edgesOf),
  ];
}

/** Every edge taken when each event is sent to a running actor in each state that the walk reaches. */
function edgesTaken<TMachine extends AnyStateMachine>(
  machine: TMachine,
  input: unknown,
  events: readonly { type: string }[],
  serialize: (context: never) => unknown,
  beforeTaking: () => void = () => {},
): Set<AnyTransitionDefinition> {
  const map = getAdjacencyMap(machine as AnyStateMachine, {
    input,
    limit: 20_000,
    // The delayed events of the state are sent in addition to the given ones.
    events: (state) => [
      ...events,
      ...state._nodes
        .flatMap((node: AnyStateNode) => [...node.transitions.keys()])
        .filter((type: string) => type.startsWith('xstate.after'))
        .map((type: string) => ({ type })),
    ],
    serializeEvent: (event) => JSON.stringify(event),
    serializeState: ({ value, context }) => JSON.stringify([value, serialize(context as never)]),
  });
  beforeTaking();
  const taken = new Set<AnyTransitionDefinition>();
  for (const { state, event } of adjacencyMapToArray(map)) {
    if (state.status !== 'active') continue;
    const actor = createActor(machine as AnyStateMachine, {
      input,
      snapshot: state,
      // The walk itself sends the events of timers.
      clock: { setTimeout: () => 0, clearTimeout: () => {} },
      inspect: (inspected) => {
        if (inspected.type !== '@xstate.microstep') return;
        for (const transition of inspected._transitions) taken.add(transition);
      },
    }).start();
    actor.send(event);
    actor.stop();
  }
  return taken;
}

const union = <T>(...sets: Set<T>[]): Set<T> => new Set(sets.flatMap((set) => [...set]));

const ofAnotherLife = { generation: -1, probeStart: null };

/** Walks a circuit on a clock that stands still at 10 000 ms; the instants of the events decide what has run out. */
function walkCircuit(config: Partial<CircuitConfig>, mayTrip = true): Set<AnyTransitionDefinition> {
  const events: ToolCircuitEvent[] = [
    { type: 'SUCCESS' },
    { type: 'FAILURE', category: 'cancelled' },
    { type: 'FAILURE', at: 0 },
    { type: 'FAILURE', at: 10_000 },
    { type: 'SUCCESS', stamp: ofAnotherLife },
    { type: 'FAILURE', stamp: ofAnotherLife },
    { type: 'ABANDON', stamp: ofAnotherLife },
    { type: 'ABANDON' },
    { type: 'REQUEST', at: 10_000 },
    { type: 'RESET' },
    { type: 'SUCCESS', durationMs: 2_000 },
    { type: 'ISOLATE' },
    { type: 'ISOLATE', at: 0, forMs: 1_000 },
    { type: 'ISOLATION_OVER' },
    { type: 'RELEASE' },
    { type: 'DISABLE' },
    { type: 'CLOSE' },
    { type: 'RESUME' },
    { type: 'DISARM' },
    { type: 'OBSERVE' },
    { type: 'ENFORCE' },
  ];
  const input = { tool: 'shell', now: () => 10_000, config, mayTrip: () => mayTrip };
  return edgesTaken(
    toolCircuitMachine,
    input,
    events,
    (context: {
      failureCount: number;
      isObserved: boolean;
      isolations: number;
      isolatedUntil: number | null;
      lastFailureAt: number | null;
      probesInFlight: number;
      probeSuccesses: number;
      probeFailures: number;
      tripMemory: unknown;
    }) => [
      Math.min(context.failureCount, 3),
      context.isObserved,
      Math.min(context.isolations, 3),
      context.lastFailureAt,
      context.probesInFlight,
      context.probeSuccesses,
      context.probeFailures,
      context.isolatedUntil,
      (context.tripMemory as { calls?: number } | null)?.calls ?? 0,
    ],
  );
}

/** Walks a circuit that a fleet opens and closes, on the same clock. */
function walkCircuitOfFleet(config: Partial<CircuitConfig>): Set<AnyTransitionDefinition> {
  const events: ToolCircuitEvent[] = [
    { type: 'FLEET_OPENED', epoch: 1, leftMs: 0, answerMs: 0, category: 'timeout' },
    { type: 'FLEET_OPENED', epoch: 2, leftMs: 1_000, answerMs: 0, category: null },
    { type: 'FLEET_CLOSED', epoch: 0 },
    { type: 'FLEET_CLOSED', epoch: 2 },
    { type: 'FLEET_LOST', extraMs: 1_000 },
    { type: 'LEASE_ASKED' },
    { type: 'LEASE_GRANTED', leftMs: 1_000 },
    { type: 'LEASE_REFUSED', leftMs: 0 },
    { type: 'LEASE_ENDED' },
    { type: 'REQUEST', at: 10_000 },
    { type: 'FAILURE', at: 0 },
    { type: 'OBSERVE' },
  ];
  const input = { tool: 'shell', now: () => 10_000, config };
  return edgesTaken(toolCircuitMachine, input, events, (context: ToolCircuitContext) => [
    context.fleet,
    context.lastFailureAt,
    context.notBefore,
    context.probesInFlight,
  ]);
}

/** Walks a membership. */
function walkMember(): Set<AnyTransitionDefinition> {
  const input = { namespace: 'agents', member: 'a', pollMs: 1_000, chance: () => 0 };
  const events: FleetMemberEvent[] = [
    { type: 'STORE_ANSWERED' },
    { type: 'STORE_MISSED', reason: 'no answer' },
    { type: 'LEAVE' },
    { type: 'REGISTRY_STOPPED' },
  ];
  return edgesTaken(fleetMemberMachine, input, events, ({ misses, retryMs }: FleetMemberContext) => [
    Math.min(misses, 4),
    retryMs,
  ]);
}

/** Walks a registry on a clock that stands still, where a cooldown of 0 ends at once and any other never ends. */
function walkRegistry(recovery: Partial<RecoveryConfig>): Set<AnyTransitionDefinition> {
  const change = { tool: 'a', openCount: 1, currentBackoffMs: 5_000, lastErrorCategory: null } as const;
  const loop = { run: 'main', tool: 'a', kind: 'sameCall', count: 3, isObserved: false } as const;
  const events: ToolRegistryEvent[] = [
    { type: 'CIRCUIT_BEGAN', tool: 'a', state: 'closed' },
    { type: 'CIRCUIT_CHANGED', ...change, from: 'closed', to: 'open' },
    { type: 'CIRCUIT_CHANGED', ...change, from: 'open', to: 'closed' },
    { type: 'REQUEST_DENIED', tool: 'a', at: 0, state: 'open', lastErrorCategory: null },
    { type: 'TRIP_SPARED', tool: 'a', state: 'closed', why: 'cap', isFirst: true, lastErrorCategory: null },
    { type: 'CALL_SPARED', tool: 'a', state: 'open', lastErrorCategory: null },
    { type: 'FLEET_NEWS', news: { type: 'fleet.closed', tool: 'a', epoch: 1 } },
    { type: 'LOOP_WARNED', ...loop },
    { type: 'LOOP_DENIED', ...loop },
    { type: 'LOOP_STOPPED', ...loop },
    { type: 'LOOP_ENDED', run: 'main' },
    { type: 'ACKNOWLEDGE' },
    { type: 'COOLDOWN_OVER' },
    { type: 'FORGET', circuits: [] },
    { type: 'STOP_CIRCUITS', circuits: [] },
    { type: 'STOP' },
  ];
  const input = { now: () => 0, recovery };
  return edgesTaken(
    toolRegistryMachine,
    input,
    events,
    (context: { openCount: number; silencedUntil: number | null; stoppedRuns: readonly string[] }) => [
      context.stoppedRuns.length,
      Math.min(Math.max(context.openCount, 0), 3),
      context.silencedUntil === null,
    ],
  );
}

/** Walks a run on a clock that stands still, and takes the edges `ms` later. */
function walkRun(ms: number): Set<AnyTransitionDefinition> {
  const repeated = {
    tool: 'a',
    input: '1',
    ended: 'success',
    outcome: 'x',
    mistake: null,
    said: null,
  } as const;
  const mistake = {
    tool: 'b',
    input: null,
    ended: 'mistake',
    outcome: 'y',
    mistake: 'm',
    said: null,
  } as const;
  const events: AgentRunEvent[] = [
    { type: 'CALL_ASKED', call: repeated },
    { type: 'CALL_ENDED', call: repeated },
    { type: 'CALL_ENDED', call: { ...repeated, input: '2' } },
    { type: 'CALL_ENDED', call: mistake },
    { type: 'ACKNOWLEDGE' },
    { type: 'END' },
  ];
  let now = 0;
  const config = { warnAfter: 2, denyAfter: 3, stopAfter: 4, quietMs: 1_000 };
  return edgesTaken(
    agentRunMachine,
    { run: 'main', now: () => now, config },
    events,
    ({ memory }: { memory: LoopMemory }) => [
      memory.cycle.map(({ input, count }) => [input, Math.min(count, 4)]),
      memory.mistakes.map(({ count }) => Math.min(count, 4)),
    ],
    () => {
      now = ms;
    },
  );
}

const slow = countWindow({ size: 2, minCalls: 1, slowCallMs: 1_000 });

const charts = [
  {
    name: 'a circuit',
    machine: toolCircuitMachine as AnyStateMachine,
    walk: () =>
      union(
        walkCircuit({ failureThreshold: 2, halfOpenMaxProbes: 2, successThreshold: 2 }),
        walkCircuit({ failureThreshold: 1 }),
        walkCircuit({ failureThreshold: 1, successThreshold: 2, probesPerVerdict: 3 }),
        walkCircuit({ trip: slow, halfOpenMaxProbes: 2, successThreshold: 2, probesPerVerdict: 3 }),
        walkCircuit({ trip: slow }, false),
        walkCircuitOfFleet({ failureThreshold: 1 }),
      ),
    edges: [
      'any --DISARM--> stays',
      'any --OBSERVE--> stays',
      'any --ENFORCE--> stays',

      'closed --SUCCESS [resultIsLate]--> stays',
      'closed --SUCCESS [tripIsSpared]--> stays',
      'closed --SUCCESS [callTrips]--> open',
      'closed --SUCCESS--> stays',
      'closed --FAILURE [resultIsLate]--> stays',
      'closed --FAILURE [categoryIsIgnored]--> stays',
      'closed --FAILURE [tripIsSpared]--> stays',
      'closed --FAILURE [callTrips]--> open',
      'closed --FAILURE--> stays',
      'closed --RESUME--> closed',
      'closed --RESET--> stays',
      'closed --ISOLATE--> isolated',
      'closed --DISABLE--> disabled',
      'closed --CLOSE--> stays',
      'closed --FLEET_OPENED [verdictIsOld]--> stays',
      'closed --FLEET_OPENED [onlyObserves]--> stays',
      'closed --FLEET_OPENED--> open',
      'closed --FLEET_CLOSED [verdictIsOld]--> stays',
      'closed --FLEET_CLOSED--> stays',
      'closed --FLEET_LOST--> stays',

      'open --REQUEST [leaseIsDue]--> open',
      'open --REQUEST [backoffHasRunOut]--> halfOpen',
      'open --REQUEST--> stays',
      'open --SUCCESS [resultIsLate]--> stays',
      'open --SUCCESS--> closed',
      'open --FAILURE [resultIsLate]--> stays',
      'open --FAILURE [categoryIsIgnored]--> stays',
      'open --FAILURE--> open',
      'open --RESUME--> open',
      'open --RESET--> closed',
      'open --ISOLATE--> isolated',
      'open --DISABLE--> disabled',
      'open --CLOSE--> closed',
      'open --OBSERVE--> closed',
      'open --FLEET_OPENED [verdictIsOld]--> stays',
      'open --FLEET_OPENED--> open',
      'open --FLEET_CLOSED [verdictIsOld]--> stays',
      'open --FLEET_CLOSED [ownTripHolds]--> open',
      'open --FLEET_CLOSED--> closed',
      'open --FLEET_LOST [fleetHolds]--> open',
      'open --LEASE_ASKED [fleetHolds]--> open',
      'open --LEASE_GRANTED [fleetHolds]--> halfOpen',
      'open --LEASE_REFUSED [fleetHolds]--> open',
      'open --after backoff [leaseIsDue]--> stays',
      'open --after backoff [backoffHasRunOut]--> halfOpen',
      'open --after backoff--> open',

      'halfOpen --REQUEST [placeIsFree]--> halfOpen',
      'halfOpen --REQUEST--> stays',
      'halfOpen --SUCCESS [resultIsLate]--> stays',
      'halfOpen --SUCCESS [tooManyProbesFail]--> open',
      'halfOpen --SUCCESS [probeFails]--> stays',
      'halfOpen --SUCCESS [successesSuffice]--> closed',
      'halfOpen --SUCCESS--> stays',
      'halfOpen --FAILURE [resultIsLate]--> stays',
      'halfOpen --FAILURE [categoryIsIgnored]--> stays',
      'halfOpen --FAILURE [tooManyProbesFail]--> open',
      'halfOpen --FAILURE--> stays',
      'halfOpen --ABANDON [resultIsLate]--> stays',
      'halfOpen --ABANDON--> stays',
      'halfOpen --RESUME--> halfOpen',
      'halfOpen --RESET--> closed',
      'halfOpen --ISOLATE--> isolated',
      'halfOpen --DISABLE--> disabled',
      'halfOpen --CLOSE--> closed',
      'halfOpen --OBSERVE--> closed',
      'halfOpen --FLEET_OPENED [verdictIsOld]--> stays',
      'halfOpen --FLEET_OPENED--> open',
      'halfOpen --FLEET_CLOSED [verdictIsOld]--> stays',
      'halfOpen --FLEET_CLOSED [ownTripHolds]--> stays',
      'halfOpen --FLEET_CLOSED--> closed',
      'halfOpen --FLEET_LOST--> stays',
      'halfOpen --LEASE_ENDED [leaseIsHeld]--> open',
      'halfOpen --after probeTimeout [probesAreTimed]--> halfOpen',

      'isolated --ISOLATION_OVER [isolationHasRunOut]--> closed',
      'isolated --ISOLATION_OVER--> isolated',
      'isolated --REQUEST [isolationHasRunOut]--> closed',
      'isolated --REQUEST--> stays',
      'isolated --SUCCESS [resultIsLate]--> stays',
      'isolated --FAILURE [resultIsLate]--> stays',
      'isolated --RELEASE [isolatedMoreThanOnce]--> isolated',
      'isolated --RELEASE--> closed',
      'isolated --RESUME--> isolated',
      'isolated --RESET--> closed',
      'isolated --ISOLATE--> isolated',
      'isolated --DISABLE--> disabled',
      'isolated --CLOSE--> closed',

      'disabled --SUCCESS [resultIsLate]--> stays',
      'disabled --SUCCESS [callTrips]--> stays',
      'disabled --SUCCESS--> stays',
      'disabled --FAILURE [resultIsLate]--> stays',
      'disabled --FAILURE [categoryIsIgnored]--> stays',
      'disabled --FAILURE [callTrips]--> stays',
      'disabled --FAILURE--> stays',
      'disabled --RELEASE--> closed',
      'disabled --RESUME--> disabled',
      'disabled --RESET--> closed',
      'disabled --ISOLATE--> isolated',
      'disabled --CLOSE--> closed',
    ],
  },
  {
    name: 'a run',
    machine: agentRunMachine as AnyStateMachine,
    walk: () => union(walkRun(0), walkRun(1_000)),
    edges: [
      'any --CALL_ASKED [callIsRefused]--> stays',
      'any --CALL_ENDED--> stays',
      'any --END--> ended',

      'steady --always [loopIsWarnedOf]--> repeating',

      'repeating --always [loopIsRefused]--> refusing',
      'repeating --always [loopIsOver]--> steady',
      'repeating --after quiet [runIsQuiet]--> steady',
      'repeating --after quiet--> repeating',

      'refusing --always [loopCallsForStop]--> stopped',
      'refusing --always [loopIsLessThanRefused]--> repeating',
      'refusing --after quiet [runIsQuiet]--> steady',
      'refusing --after quiet--> refusing',

      'stopped --always [loopIsOver]--> steady',
      'stopped --always [loopIsLessThanStop]--> refusing',
      'stopped --ACKNOWLEDGE--> steady',
      'stopped --END--> ended',
      'stopped --after quiet [runIsQuiet]--> steady',
      'stopped --after quiet--> stopped',
    ],
  },
  {
    name: 'a registry',
    machine: toolRegistryMachine as AnyStateMachine,
    walk: () =>
      union(
        walkRegistry({ maxOpenCircuits: 2, cooldownMs: 0 }),
        walkRegistry({ maxOpenCircuits: 2, cooldownMs: 1_000 }),
      ),
    edges: [
      'any --CIRCUIT_BEGAN--> stays',
      'any --CIRCUIT_CHANGED--> stays',
      'any --REQUEST_DENIED--> stays',
      'any --TRIP_SPARED--> stays',
      'any --CALL_SPARED--> stays',
      'any --FLEET_NEWS--> stays',
      'any --LOOP_WARNED--> stays',
      'any --LOOP_DENIED--> stays',
      'any --LOOP_STOPPED--> stays',
      'any --LOOP_ENDED--> stays',
      'any --FORGET--> stays',
      'any --STOP_CIRCUITS--> stays',
      'any --STOP--> stopped',

      'operational --always [tooManyAreOpen]--> paused',
      'operational --COOLDOWN_OVER [cooldownIsOver]--> stays',
      'operational --COOLDOWN_OVER--> stays',

      'paused --always [enoughHaveRecovered]--> operational',
      'paused --ACKNOWLEDGE--> operational',
    ],
  },
  {
    name: 'a membership in a fleet',
    machine: fleetMemberMachine as AnyStateMachine,
    walk: walkMember,
    edges: [
      'any --LEAVE--> left',
      'any --REGISTRY_STOPPED--> left',

      'joining --after poll--> joining',
      'joining --STORE_ANSWERED--> connected',
      'joining --STORE_MISSED [missedTooOften]--> degraded',
      'joining --STORE_MISSED--> stays',

      'connected --after poll--> connected',
      'connected --STORE_ANSWERED--> stays',
      'connected --STORE_MISSED [missedTooOften]--> degraded',
      'connected --STORE_MISSED--> stays',

      'degraded --after retry--> degraded',
      'degraded --STORE_ANSWERED--> connected',
      'degraded --STORE_MISSED--> stays',
    ],
  },
];

describe.each(charts)('the chart of $name', ({ machine, edges, walk }) => {
  const defined = edgesOf(machine.root);
  const taken = walk();
  const namesTaken = new Set([...taken].map(nameOf));

  it('has these edges and no others, each with a distinct name', () => {
    expect(defined.map(nameOf).sort()).toEqual([...edges].sort());
    expect(new Set(edges).size).toBe(edges.length);
  });

  it.each(edges)('walks %s', (edge) => {
    expect(namesTaken).toContain(edge);
  });

  it('has no edge that was not walked', () => {
    expect(defined.filter((edge) => !taken.has(edge)).map(nameOf)).toEqual([]);
  });
});
