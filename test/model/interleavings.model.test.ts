import fc from 'fast-check';
import {
  type CircuitConfig,
  type CircuitState,
  createToolRegistry,
  type ErrorCategory,
  errorCategories,
  type Permit,
  type ToolRegistry,
} from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { checkProperty } from '../support/property.ts';

/**
 * One circuit, written from the rules of the design. It moves by itself only in `fire`, when timers have fired: with late
 * timers, an open circuit stays open until a call is requested.
 */
class Circuit {
  state: CircuitState = 'closed';
  failures = 0;
  backoffMs = 0;
  lastFailureAt = 0;
  notBefore = 0;
  trips = 0;
  denied = 0;
  isolations = 0;
  successes = 0;
  /** When each probe in flight began. */
  probes: number[] = [];
  /** A new object for each change of state: calls permitted in another era are late. */
  era = {};
  constructor(
    readonly config: ReferenceConfig,
    readonly metrics: { circuitOpenEvents: number; breakerDenials: number },
  ) {}

  get isOpen(): boolean {
    return this.state === 'open' || this.state === 'isolated';
  }

  get dueAt(): number {
    return Math.max(this.lastFailureAt + (this.backoffMs || this.config.resetTimeoutMs), this.notBefore);
  }

  go(state: CircuitState): void {
    if (this.state !== state) this.era = {};
    this.state = state;
    this.probes = [];
    this.successes = 0;
  }

  close(): void {
    this.go('closed');
    Object.assign(this, { failures: 0, backoffMs: 0, notBefore: 0, isolations: 0 });
  }

  /** Fires all timers that are due. */
  fire(now: number): void {
    if (this.state === 'open' && now >= this.dueAt) this.go('halfOpen');
    this.giveBackHung(now);
  }

  giveBackHung(now: number): void {
    if (this.config.halfOpenMaxProbes === Infinity) return;
    this.probes = this.probes.filter((start) => now < start + this.config.probeTimeoutMs);
  }

  request(now: number): boolean {
    if (this.state === 'closed') return true;
    if (this.state === 'open' && now >= this.dueAt) this.go('halfOpen');
    if (this.state === 'halfOpen') {
      const { halfOpenMaxProbes, successThreshold } = this.config;
      const live = this.probes.filter(
        (start) => halfOpenMaxProbes === Infinity || now < start + this.config.probeTimeoutMs,
      ).length;
      // Never admits more probes than the verdict can need.
      const matters = live + this.successes < Math.max(halfOpenMaxProbes, successThreshold);
      if (live < halfOpenMaxProbes && matters) {
        this.giveBackHung(now);
        this.probes.push(now);
        return true;
      }
    }
    this.denied += 1;
    this.metrics.breakerDenials += 1;
    return false;
  }

  /** Frees the slot of the probe that began at `start`, or else of the oldest. */
  giveBack(start?: number): void {
    if (this.config.halfOpenMaxProbes === Infinity) this.probes.pop();
    else this.probes.splice(start === undefined ? 0 : this.probes.indexOf(start), 1);
  }

  success(start?: number): void {
    if (this.state === 'closed') Object.assign(this, { failures: 0, notBefore: 0 });
    else if (this.state === 'open') this.close();
    else if (this.state === 'halfOpen') {
      this.giveBack(start);
      this.successes += 1;
      if (this.successes >= this.config.successThreshold) this.close();
    }
  }

  failure(category: ErrorCategory, now: number, askedMs = 0, start?: number): void {
    if (!errorCategories[category].counted) {
      if (this.state === 'halfOpen') this.giveBack(start);
      return;
    }
    if (this.state === 'isolated') return;
    this.lastFailureAt = now;
    if (askedMs > 0) {
      this.notBefore = Math.max(this.notBefore, now + Math.min(askedMs, this.config.maxRetryAfterMs));
    }
    const { minBackoffMs, maxBackoffMs, backoffFactor, failureThreshold } = this.config;
    if (this.state === 'closed') {
      this.failures += 1;
      if (this.failures >= failureThreshold) this.open(minBackoffMs);
    } else if (this.state === 'halfOpen') {
      const next = this.backoffMs * backoffFactor;
      this.open(Number.isFinite(next) ? Math.min(Math.max(next, minBackoffMs), maxBackoffMs) : maxBackoffMs);
    }
  }

  open(backoffMs: number): void {
    this.go('open');
    this.backoffMs = backoffMs;
    this.trips += 1;
    this.metrics.circuitOpenEvents += 1;
  }

  isolate(): void {
    this.isolations = this.state === 'isolated' ? this.isolations + 1 : 1;
    this.go('isolated');
  }

  release(): void {
    if (this.state !== 'isolated') return;
    this.isolations -= 1;
    if (this.isolations === 0) this.close();
  }

  freshen(): void {
    this.close();
    this.era = {};
    Object.assign(this, { trips: 0, denied: 0 });
  }
}

interface HeldPermit {
  readonly permit: Permit;
  readonly circuit: Circuit;
  readonly era: object;
  /** When the probe began; undefined if the call is not a probe. */
  readonly probeStart: number | undefined;
  isSettled: boolean;
}

/** All circuits, and the pause that depends on how many are open. */
class Model {
  readonly circuits = new Map<string, Circuit>();
  /** The open circuits, in the order in which they opened. */
  open: string[] = [];
  /** Whether the order is known; a restored registry may start with a different one. */
  isOrdered = true;
  silencedUntil: number | null = null;
  isPaused = false;
  /** Counted since the start; resets do not lower them. */
  readonly metrics = { circuitOpenEvents: 0, breakerDenials: 0 };
  held: HeldPermit[] = [];
  constructor(readonly settings: Settings) {}

  use(tool: string): Circuit {
    let circuit = this.circuits.get(tool);
    if (circuit === undefined) {
      circuit = new Circuit(this.settings.circuit, this.metrics);
      this.circuits.set(tool, circuit);
    }
    return circuit;
  }

  forget(tool: string): void {
    this.circuits.delete(tool);
  }

  /** Updates the open circuits and the pause after a step. */
  settle(): void {
    const isOpen = (tool: string) => this.circuits.get(tool)?.isOpen === true;
    this.open = this.open.filter(isOpen);
    for (const tool of this.circuits.keys()) {
      if (isOpen(tool) && !this.open.includes(tool)) this.open.push(tool);
    }
    this.isPaused = this.open.length >= this.settings.maxOpenCircuits && this.silencedUntil === null;
  }
}

interface Real {
  clock: ManualClock;
  registry: ToolRegistry;
}

/** The settings that this model supports: those of the reference. */
type ReferenceConfig = Omit<
  CircuitConfig,
  'trip' | 'backoff' | 'jitter' | 'backoffResetMs' | 'probesPerVerdict'
>;

interface Settings {
  readonly circuit: ReferenceConfig;
  readonly maxOpenCircuits: number;
  readonly cooldownMs: number;
}

const start = ({ circuit, maxOpenCircuits, cooldownMs }: Settings, clock: ManualClock, restore?: string) =>
  createToolRegistry({
    clock,
    circuit,
    recovery: { maxOpenCircuits, cooldownMs },
    ...(restore !== undefined && { restore }),
  });

function expectAlike(model: Model, { clock, registry }: Real): void {
  model.settle();
  const now = clock.now();
  const { diagnostics, openCircuits, openCount } = registry.snapshot();
  expect(diagnostics.map(({ tool }) => tool).sort()).toEqual([...model.circuits.keys()].sort());
  const counts = { closed: 0, open: 0, halfOpen: 0, isolated: 0, disabled: 0 };
  let probing = 0;
  for (const [tool, circuit] of model.circuits) {
    counts[circuit.state] += 1;
    if (circuit.probes.length > 0 && circuit.config.halfOpenMaxProbes !== Infinity) probing += 1;
    expect(registry.diagnostics(tool), tool).toMatchObject({
      tool,
      status: circuit.state,
      isOpen: circuit.isOpen,
      openCount: circuit.trips,
      deniedRequests: circuit.denied,
      probesInFlight: circuit.probes.length,
      remainingBackoffMs: circuit.state === 'open' ? Math.max(0, circuit.dueAt - now) : null,
      ...(circuit.state !== 'isolated' && { currentBackoffMs: circuit.backoffMs }),
      ...(circuit.state === 'closed' && { failureCount: circuit.failures }),
    });
    expect(registry.state(tool)).toBe(circuit.state);
    expect(circuit.probes.length).toBeLessThanOrEqual(circuit.config.halfOpenMaxProbes);
  }
  // Every way of counting the open circuits agrees.
  expect(openCount).toBe(model.open.length);
  expect(registry.openCircuitCount()).toBe(model.open.length);
  expect(registry.shouldPauseForRecovery()).toBe(model.open.length >= model.settings.maxOpenCircuits);
  const { value, context } = registry.actor.getSnapshot();
  expect(context.counts).toEqual(counts);
  expect(context.openCount).toBe(model.open.length);
  expect(context.openCircuits, 'in the order in which they opened').toEqual(openCircuits);
  if (model.isOrdered) expect(openCircuits, 'in the order in which they opened').toEqual(model.open);
  else expect([...openCircuits].sort()).toEqual([...model.open].sort());
  expect(value).toBe(model.isPaused ? 'paused' : 'operational');
  expect(registry.metrics()).toMatchObject(model.metrics);
  // There is one timer for each open circuit, one for the oldest probe of each half-open one, and one for the cooldown. A
  // half-open circuit without a probe may still have a timer that will do nothing.
  const timers = clock.timers - (model.silencedUntil === null ? 0 : 1);
  expect(timers).toBeGreaterThanOrEqual(counts.open + probing);
  expect(timers).toBeLessThanOrEqual(counts.open + counts.halfOpen);
}

type Command = fc.Command<Model, Real>;

function command(name: string, run: (model: Model, real: Real) => void): Command {
  return {
    check: () => true,
    run(model, real) {
      run(model, real);
      expectAlike(model, real);
    },
    toString: () => name,
  };
}

const tool = fc.constantFrom('shell', 'shell', 'shell', '__proto__', 'search');
const category = fc.constantFrom<ErrorCategory>('timeout', 'executionError', 'cancelled', 'authentication');
const duration = fc.constantFrom(0, 1, 99, 100, 499, 500, 999, 1_000, 2_000, 3_000, 10_000);

/** The steps that an agent takes all the time; the others are rarer. */
const usual: fc.Arbitrary<Command>[] = [
  tool.map((name) =>
    command(`allowRequest(${name})`, (model, { clock, registry }) => {
      const circuit = model.circuits.get(name);
      const mayProbeAt = circuit?.state === 'open' ? circuit.dueAt : -Infinity;
      const allowed = registry.allowRequest(name);
      expect(allowed).toBe(circuit?.request(clock.now()) ?? true);
      if (allowed)
        expect(clock.now(), 'not before the backoff has run out').toBeGreaterThanOrEqual(mayProbeAt);
    }),
  ),
  tool.map((name) =>
    command(`tryAcquire(${name})`, (model, { clock, registry }) => {
      const circuit = model.use(name);
      const permit = registry.tryAcquire(name);
      expect(permit.admitted).toBe(circuit.request(clock.now()));
      if (!permit.admitted) {
        expect(permit.reason).toBe(circuit.state);
        return;
      }
      expect(permit.probe).toBe(circuit.state === 'halfOpen');
      const probeStart = permit.probe ? clock.now() : undefined;
      model.held.push({ permit, circuit, era: circuit.era, probeStart, isSettled: false });
    }),
  ),
  fc.tuple(fc.constantFrom('success', 'failure', 'ignored', 'release'), fc.nat(8)).map(([word, which]) =>
    command(`permit ${which} ${word}`, (model, { clock }) => {
      const held = model.held[which];
      if (held === undefined) return;
      if (word === 'success') held.permit.success();
      else if (word === 'release') held.permit.release();
      else held.permit.failure(word === 'ignored' ? 'cancelled' : 'timeout');
      const { circuit, era, probeStart } = held;
      const isTimed = probeStart !== undefined && circuit.config.halfOpenMaxProbes !== Infinity;
      const isLate = era !== circuit.era || (isTimed && !circuit.probes.includes(probeStart));
      const isKnown = [...model.circuits.values()].includes(circuit);
      if (held.isSettled || isLate || !isKnown) {
        held.isSettled = true;
        return;
      }
      held.isSettled = true;
      if (word === 'success') circuit.success(probeStart);
      else if (word === 'failure') circuit.failure('timeout', clock.now(), 0, probeStart);
      else if (probeStart !== undefined) circuit.giveBack(probeStart);
    }),
  ),
  fc.tuple(tool, fc.boolean()).map(([name, isBare]) =>
    command(`${isBare ? 'SUCCESS' : 'recordSuccess'}(${name})`, (model, { registry }) => {
      if (isBare) registry.tool(name).send({ type: 'SUCCESS' });
      else registry.recordSuccess(name);
      model.use(name).success();
    }),
  ),
  fc.tuple(tool, category, fc.boolean()).map(([name, kind, isBare]) =>
    command(`${isBare ? 'FAILURE' : 'recordFailure'}(${name}, ${kind})`, (model, { clock, registry }) => {
      if (isBare) registry.tool(name).send({ type: 'FAILURE', category: kind });
      else registry.recordFailure(name, kind);
      // An ignored failure does not create a circuit for an unknown tool, but sending a bare event does.
      const circuit = isBare || errorCategories[kind].counted ? model.use(name) : model.circuits.get(name);
      circuit?.failure(kind, clock.now());
    }),
  ),
  duration.map((ms) =>
    command(`advance(${ms})`, (model, { clock }) => {
      clock.advance(ms);
      for (const circuit of model.circuits.values()) circuit.fire(clock.now());
      if (model.silencedUntil !== null && clock.now() >= model.silencedUntil) model.silencedUntil = null;
    }),
  ),
];

const unusual: fc.Arbitrary<Command>[] = [
  fc.tuple(tool, duration).map(([name, askedMs]) =>
    command(`FAILURE(${name}, retry after ${askedMs})`, (model, { clock, registry }) => {
      registry.tool(name).send({ type: 'FAILURE', retryAfterMs: askedMs });
      model.use(name).failure('executionError', clock.now(), askedMs);
    }),
  ),
  tool.map((name) =>
    command(`REQUEST(${name})`, (model, { clock, registry }) => {
      registry.tool(name).send({ type: 'REQUEST' });
      model.use(name).request(clock.now());
    }),
  ),
  tool.map((name) =>
    command(`RESET(${name})`, (model, { registry }) => {
      registry.tool(name).send({ type: 'RESET' });
      model.use(name).freshen();
    }),
  ),
  tool.map((name) =>
    command(`reset(${name})`, (model, { registry }) => {
      registry.reset(name);
      model.forget(name);
    }),
  ),
  fc.constant(
    command('resetAll()', (model, { registry }) => {
      registry.resetAll();
      model.circuits.clear();
    }),
  ),
  fc.tuple(tool, fc.boolean()).map(([name, isBare]) =>
    command(`${isBare ? 'ISOLATE' : 'isolate'}(${name})`, (model, { registry }) => {
      if (isBare) registry.tool(name).send({ type: 'ISOLATE' });
      else registry.isolate(name);
      model.use(name).isolate();
    }),
  ),
  fc.tuple(tool, fc.boolean()).map(([name, isBare]) =>
    command(`${isBare ? 'RELEASE' : 'release'}(${name})`, (model, { registry }) => {
      if (isBare) registry.tool(name).send({ type: 'RELEASE' });
      else registry.release(name);
      (isBare ? model.use(name) : model.circuits.get(name))?.release();
    }),
  ),
  fc.constant(
    command('ACKNOWLEDGE', (model, { clock, registry }) => {
      registry.actor.send({ type: 'ACKNOWLEDGE' });
      if (model.isPaused) model.silencedUntil = clock.now() + model.settings.cooldownMs;
    }),
  ),
  duration.map((ms) =>
    command(`advanceWithLateTimers(${ms})`, (_, { clock }) => clock.advanceWithLateTimers(ms)),
  ),
  fc.constant(
    command('restart', (model, real) => {
      const restore = real.registry.persist();
      real.registry.stop();
      expect(real.clock.timers, 'a stopped registry leaves no timer').toBe(0);
      real.registry = start(model.settings, real.clock, restore);
      for (const circuit of model.circuits.values()) {
        Object.assign(circuit, { probes: [], successes: 0, era: {} });
      }
      Object.assign(model, { isOrdered: false, silencedUntil: null });
      Object.assign(model.metrics, { circuitOpenEvents: 0, breakerDenials: 0 });
    }),
  ),
];

const settings: fc.Arbitrary<Settings> = fc.record({
  circuit: fc.record({
    failureThreshold: fc.integer({ min: 1, max: 3 }),
    resetTimeoutMs: fc.constantFrom(700, 2_000),
    minBackoffMs: fc.constantFrom(0, 100, 1_000),
    maxBackoffMs: fc.constantFrom(1_000, 5_000),
    backoffFactor: fc.constantFrom(1, 1.5, 2, 1e308),
    halfOpenMaxProbes: fc.constantFrom(1, 2, 3, Infinity),
    successThreshold: fc.integer({ min: 1, max: 3 }),
    maxRetryAfterMs: fc.constantFrom(0, 1_500),
    probeTimeoutMs: fc.constantFrom(500, 3_000),
  }),
  maxOpenCircuits: fc.constantFrom(1, 2, 3, Infinity),
  cooldownMs: fc.constantFrom(0, 2_000),
});

describe('a registry', () => {
  it('follows the rules in any order of steps on several tools, even with late timers', () => {
    checkProperty(
      fc.property(
        settings,
        fc.commands([...usual, ...usual, ...usual, ...usual, ...unusual], { maxCommands: 120, size: 'max' }),
        (given, steps) => {
          const clock = new ManualClock();
          const real: Real = { clock, registry: start(given, clock) };
          fc.modelRun(() => ({ model: new Model(given), real }), steps);
          real.registry.stop();
          expect(clock.timers).toBe(0);
        },
      ),
      { atLeast: 50, atMost: 300 },
    );
  });
});
