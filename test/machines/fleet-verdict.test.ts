import {
  type FleetVerdict,
  initialContext,
  type ToolCircuitContext,
  type ToolCircuitEvent,
  type ToolCircuitRef,
  toolCircuitMachine,
} from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { fleetLeftMs, isHeld, isOldVerdict, mayProbe } from '../../machines/fleet-verdict.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { contextOf, fail, isAdmitted, startCircuit, startHalfOpen, stateOf } from './start-circuit.ts';

const verdict: FleetVerdict = { epoch: 5, isOpen: true, lease: 'held', until: 1_000, answerMs: 50 };

describe('a verdict of a fleet', () => {
  it('keeps calls out until its time ends, while it is one to open', () => {
    expect([isHeld(verdict), isHeld({ ...verdict, isOpen: false }), isHeld(null)]).toEqual([
      true,
      false,
      false,
    ]);
    expect([fleetLeftMs(verdict, 400), fleetLeftMs({ ...verdict, isOpen: false }, 400)]).toEqual([600, 0]);
  });

  it('allows a probe while the lease is here and lasts, and where it holds nothing open', () => {
    expect([mayProbe(verdict, 999), mayProbe(verdict, 1_000), mayProbe(verdict, 1_001)]).toEqual([
      true,
      false,
      false,
    ]);
    const others = (['free', 'asked', 'elsewhere'] as const).map((lease) => ({ ...verdict, lease }));
    expect(others.filter((each) => mayProbe(each, 0))).toEqual([]);
    expect([mayProbe({ ...verdict, isOpen: false }, 2_000), mayProbe(null, 2_000)]).toEqual([true, true]);
  });

  it.each([
    ['is news where none is known', null, 'FLEET_OPENED', 1, false],
    ['of an earlier epoch is old', verdict, 'FLEET_OPENED', 4, true],
    ['of an earlier epoch is old', verdict, 'FLEET_CLOSED', 4, true],
    ['of the same epoch is old if it opens', verdict, 'FLEET_OPENED', 5, true],
    ['of the same epoch is news if it closes', verdict, 'FLEET_CLOSED', 5, false],
    ['of a later epoch is news', verdict, 'FLEET_OPENED', 6, false],
    ['of a later epoch is news', verdict, 'FLEET_CLOSED', 6, false],
  ] as const)('%s (%j, %s of epoch %d)', (_, known, type, epoch, isOld) => {
    const event =
      type === 'FLEET_OPENED'
        ? { type, epoch, leftMs: 0, answerMs: 0, category: null }
        : ({ type, epoch } as const);
    expect(isOldVerdict(known, event)).toBe(isOld);
  });
});

const opened = { type: 'FLEET_OPENED', epoch: 1, leftMs: 1_000, answerMs: 50, category: 'timeout' } as const;
const granted = { type: 'LEASE_GRANTED', leftMs: 300 } as const;

/** A circuit after these events, and its clock. */
function startAfter(...events: ToolCircuitEvent[]) {
  const { circuit, clock } = startCircuit({ failureThreshold: 1 });
  for (const event of events) circuit.send(event);
  return { circuit, clock, fleet: () => contextOf(circuit).fleet };
}

describe('a circuit that a fleet opens', () => {
  it('is open for as long as the fleet says, though it has not failed here, and asks for the lease then', () => {
    const { circuit, clock, fleet } = startAfter(opened);
    expect([stateOf(circuit), contextOf(circuit)]).toMatchObject([
      'open',
      { lastErrorCategory: 'timeout', currentBackoffMs: 1_000, openedAt: 0, lastFailureAt: null },
    ]);
    expect(fleet()).toEqual({ epoch: 1, isOpen: true, lease: 'free', until: 1_000, answerMs: 50 });
    clock.advance(1_000);
    expect([isAdmitted(circuit), stateOf(circuit)]).toEqual([false, 'open']);
    expect(fleet()).toMatchObject({ lease: 'asked', until: 1_050 });
  });

  it('heeds no verdict that is old', () => {
    const { circuit, fleet } = startAfter({ ...opened, epoch: 7 });
    const known = fleet();
    circuit.send({ ...opened, epoch: 6, leftMs: 5_000 });
    circuit.send({ ...opened, epoch: 7, leftMs: 5_000 });
    circuit.send({ type: 'FLEET_CLOSED', epoch: 6 });
    expect([stateOf(circuit), fleet()]).toEqual(['open', known]);
    circuit.send({ type: 'FLEET_CLOSED', epoch: 7 });
    expect(stateOf(circuit)).toBe('closed');
    circuit.send({ ...opened, epoch: 7 });
    expect(stateOf(circuit), 'a verdict that was overruled').toBe('closed');
  });

  it('makes no probe without the lease, though its time may end between two looks at the clock', () => {
    const clock = new ManualClock();
    let isTicking = true;
    const now = (): number => {
      if (isTicking && clock.now() > 0) clock.advanceWithLateTimers(1);
      return clock.now();
    };
    const circuit = createActor(toolCircuitMachine, { clock, input: { tool: 'shell', now } }).start();
    circuit.send(opened);
    clock.advanceWithLateTimers(998);
    circuit.send({ type: 'REQUEST' });
    isTicking = false;
    expect(clock.now()).toBeGreaterThanOrEqual(1_000);
    expect([stateOf(circuit), contextOf(circuit).deniedRequests]).toEqual(['open', 1]);
    expect([isAdmitted(circuit), contextOf(circuit).fleet?.lease]).toEqual([false, 'asked']);
  });

  it('waits for as long as another process has the lease', () => {
    const { circuit, clock, fleet } = startAfter(opened);
    clock.advance(1_000);
    circuit.send({ type: 'LEASE_REFUSED', leftMs: 400 });
    expect(fleet()).toMatchObject({ lease: 'elsewhere', until: 1_400 });
    clock.advance(399);
    isAdmitted(circuit);
    expect(fleet()?.lease).toBe('elsewhere');
    clock.advance(1);
    isAdmitted(circuit);
    expect(fleet()?.lease).toBe('asked');
  });

  it('admits a probe until its lease ends, and is open again once it is told so', () => {
    const { circuit, clock, fleet } = startAfter(opened, granted);
    expect([stateOf(circuit), fleet()]).toMatchObject(['halfOpen', { lease: 'held', until: 300 }]);
    expect(isAdmitted(circuit)).toBe(true);
    circuit.send({ type: 'ABANDON' });
    clock.advance(300);
    expect(isAdmitted(circuit), 'before anybody has said that it has ended').toBe(false);
    isAdmitted(circuit);
    circuit.send({ type: 'LEASE_ENDED' });
    expect([stateOf(circuit), fleet()]).toMatchObject(['open', { isOpen: true, lease: 'free', until: 300 }]);
    expect(contextOf(circuit)).toMatchObject({ probesInFlight: 0, probeStarts: [] });
  });

  it('forgets the probe that is in flight when its lease ends', () => {
    const { circuit } = startAfter(opened, granted, { type: 'REQUEST' }, { type: 'LEASE_ENDED' });
    expect(contextOf(circuit)).toMatchObject({ probesInFlight: 0, probeStarts: [] });
  });

  it('gives back its lease with a probe that fails', () => {
    const { circuit, clock, fleet } = startAfter(opened, granted);
    clock.advance(100);
    fail(circuit);
    expect([stateOf(circuit), fleet()]).toEqual([
      'open',
      { epoch: 1, isOpen: true, lease: 'free', until: 100, answerMs: 50 },
    ]);
  });

  it('holds nothing open any more after a probe that succeeds', () => {
    const { circuit, fleet } = startAfter(opened, granted, { type: 'SUCCESS' });
    expect([stateOf(circuit), fleet()]).toMatchObject(['closed', { epoch: 1, isOpen: false, lease: 'free' }]);
  });

  it('waits to the end of the verdict and longer where the fleet is lost', () => {
    const { circuit, clock, fleet } = startAfter(opened);
    clock.advance(200);
    circuit.send({ type: 'FLEET_LOST', extraMs: 500 });
    expect(fleet()).toBeNull();
    clock.advance(1_299);
    expect(isAdmitted(circuit)).toBe(false);
    clock.advance(1);
    expect(stateOf(circuit)).toBe('halfOpen');
  });

  it('waits no longer for the answer of a fleet that is lost, but for as long as its tool has asked', () => {
    const { circuit, clock } = startAfter(opened);
    clock.advance(200);
    circuit.send({ type: 'LEASE_REFUSED', leftMs: 5_000 });
    circuit.send({ type: 'FLEET_LOST', extraMs: 500 });
    expect(contextOf(circuit).notBefore).toBe(700);
    const failed = startAfter({ type: 'FAILURE', retryAfterMs: 10_000 }, opened).circuit;
    failed.send({ type: 'FLEET_LOST', extraMs: 500 });
    expect(contextOf(failed).notBefore).toBe(10_000);
  });

  it.each<[how: string, last: ToolCircuitEvent[]]>([
    [
      'closed and loses its fleet',
      [
        { type: 'FLEET_CLOSED', epoch: 2 },
        { type: 'FLEET_LOST', extraMs: 0 },
      ],
    ],
    ['half-open and loses its fleet', [granted, { type: 'FLEET_LOST', extraMs: 0 }]],
    ['closed and disabled', [{ type: 'FLEET_CLOSED', epoch: 2 }, { type: 'DISABLE' }]],
    ['disabled', [{ type: 'DISABLE' }]],
  ])('knows of no verdict once it is %s', (_, last) => {
    expect(startAfter(opened, ...last).fleet()).toBeNull();
  });
});

describe('a half-open circuit without a lease', () => {
  /** It never becomes so by itself, but may be made from a snapshot that says so. */
  function restore(fleet: FleetVerdict): ToolCircuitRef {
    const clock = new ManualClock();
    const input = { tool: 'shell', now: clock.now };
    const context: ToolCircuitContext = { ...initialContext(input), reportedState: null, fleet };
    const snapshot = toolCircuitMachine.resolveState({ value: 'halfOpen', context });
    return createActor(toolCircuitMachine, { snapshot, input, clock }).start();
  }

  it('does not hear that one has ended', () => {
    const own = startHalfOpen({ failureThreshold: 1 }).circuit;
    const others = restore({ ...verdict, lease: 'elsewhere' });
    for (const circuit of [own, others]) {
      circuit.send({ type: 'LEASE_ENDED' });
      expect([stateOf(circuit), circuit.getSnapshot().status]).toEqual(['halfOpen', 'active']);
    }
  });

  it('leaves that of another process as it is when it opens', () => {
    const fleet: FleetVerdict = { ...verdict, lease: 'elsewhere' };
    const circuit = restore(fleet);
    fail(circuit);
    expect([stateOf(circuit), contextOf(circuit).fleet]).toEqual(['open', fleet]);
  });
});
