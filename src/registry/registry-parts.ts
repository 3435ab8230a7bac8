import type { ToolRegistryEmitted } from '../../machines/registry-events.ts';
import { ActiveProbes } from '../calls/active-probes.ts';
import { Admissions } from '../calls/admissions.ts';
import type { CallKeys } from '../calls/call-keys.ts';
import { CircuitTeller } from '../calls/circuit-teller.ts';
import { Guard } from '../calls/guard.ts';
import { AgentRuns } from '../calls/loops/agent-runs.ts';
import { LoopGuard } from '../calls/loops/guard-loops.ts';
import { ResultRecorder } from '../calls/result-recorder.ts';
import { CallSteps } from '../calls/steps/call-steps.ts';
import { ownSteps } from '../calls/steps/own-steps.ts';
import type { SettingsOfTools } from '../calls/tool-settings.ts';
import { Circuits } from '../circuits/circuits.ts';
import { type Seat, seatOf } from '../circuits/membership.ts';
import { Modes } from '../circuits/modes.ts';
import { RegistryActor } from '../circuits/registry-actor.ts';
import { categorize } from '../classify/categorize.ts';
import { containedChance, containedClassifier, containedObserver } from '../options/strangers.ts';
import { readPersisted } from '../persistence/persisted.ts';
import { Channels } from '../telemetry/channels.ts';
import { LoopCounts } from '../telemetry/loop-counts.ts';
import { RecentErrors } from '../telemetry/recent-errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { monotonic } from '../time/monotonic.ts';
import { KnownTools } from './known-tools.ts';
import { checkOptions, type RegistryConfig, type ToolRegistryOptions } from './registry-options.ts';

/** What a registry is made of. */
export interface RegistryParts {
  /** Returns a number from 0 up to, but not including, 1. */
  readonly chance: () => number;
  readonly circuits: Circuits;
  readonly clock: Required<Clock>;
  readonly config: RegistryConfig;
  readonly guard: Guard;
  readonly keys: CallKeys;
  readonly known: KnownTools;
  readonly loopCounts: LoopCounts;
  readonly modes: Modes;
  readonly parent: RegistryActor;
  readonly recentErrors: RecentErrors;
  readonly results: ResultRecorder;
  readonly runs: AgentRuns;
  /** Empty until the registry joins a fleet. */
  readonly seat: Seat;
  readonly settings: SettingsOfTools;
  readonly steps: CallSteps;
}

/**
 * Makes the parts of a registry, and lets each hear of what concerns it.
 *
 * @param onStop Called when a user stops the parent actor itself.
 * @throws TypeError, RangeError or RestoreError for invalid options; then nothing has been started.
 */
export function assemble(options: ToolRegistryOptions, onStop: () => void): RegistryParts {
  const config = checkOptions(options);
  const { circuit, tools: settings, recovery, maxTools, mode, loops } = config;
  const restored = options.restore === undefined ? [] : readPersisted(options.restore);
  const clock = monotonic(options.clock ?? systemClock);
  const chance = containedChance(options.random ?? Math.random);
  const known = new KnownTools(settings, maxTools);
  const modes = new Modes(mode, settings);
  const channels = new Channels();
  const loopCounts = new LoopCounts();
  const recentErrors = new RecentErrors();

  const parent = new RegistryActor(
    {
      id: 'toolfuse',
      input: { now: clock.now, recovery },
      clock,
      ...(options.inspect && { inspect: containedObserver(options.inspect) }),
    },
    { onInspected: () => circuits.onInspected(), onEmitted: hear, onStop },
  );
  function hear(event: ToolRegistryEmitted): void {
    if (event.type === 'circuit.spared') {
      circuits.get(event.tool, event.key)?.stats.spare(event.why, event.what);
    }
    if (event.type === 'recovery.resumed' && event.because === 'acknowledged') runs.acknowledge();
    loopCounts.add(event.type);
    channels.publish(event);
  }
  parent.start();
  const seat = seatOf(parent);

  const circuits: Circuits = new Circuits({
    parent,
    clock,
    circuit,
    settings,
    modes,
    maxOpenShare: recovery.maxOpenShare,
    maxTools,
    chance,
    seat,
    onBareResult: (actor, event) => results.countBareResult(actor, event),
    onState: (actor, state) => probes.onState(actor, state),
    onForgotten: (actor) => probes.onForgotten(actor),
  });
  const runs = new AgentRuns({
    parent,
    now: clock.now,
    config: loops.config,
    maxRuns: loops.maxRuns,
    isOn: loops.isOn,
    onGuarded: (areGuarded) => steps.setIdle(loopGuard, !areGuarded),
  });
  const loopGuard = new LoopGuard({
    runs,
    isPolling: (tool) => settings.get(tool)?.polling === true,
    isObserved: (tool) => modes.of(tool) === 'observe',
    alternatives: (tool) => settings.get(tool)?.alternatives ?? [],
  });
  const steps: CallSteps = new CallSteps(
    ownSteps({ registry: parent, channels, recentErrors, loops: loopGuard }),
  );
  steps.setIdle(loopGuard, !loops.isOn);
  const classify = containedClassifier(options.classify, categorize);
  const teller = new CircuitTeller(circuits, clock, steps);
  const results: ResultRecorder = new ResultRecorder({
    circuits,
    clock,
    classify,
    steps,
    loops: loopGuard,
    teller,
  });
  const admissions = new Admissions({ circuits, clock, teller, steps, settings });
  const guard = new Guard(admissions, results, steps, clock, seat);
  const probes: ActiveProbes = new ActiveProbes(circuits, guard, settings);
  circuits.restore(restored);

  const { keys } = admissions;
  return {
    chance,
    circuits,
    clock,
    config,
    guard,
    keys,
    known,
    loopCounts,
    modes,
    parent,
    recentErrors,
    results,
    runs,
    seat,
    settings,
    steps,
  };
}
