import {
  type CallEnd,
  type CallStep,
  errorCategories,
  type ToolDiagnostics,
  type ToolRegistry,
  type ToolRegistryEmitted,
} from 'toolfuse';
import { version } from '../../package.json';
import { type StoreCall, seatOf } from '../circuits/membership.ts';
import type { CountedName, ObservedName, ReadName } from './instruments.ts';
import { OpenTime } from './open-time.ts';
import { ToolLabels } from './tool-labels.ts';

export type Labels = Readonly<Record<string, string>>;

/** Receives what happens. Each set of labels has `registry` in it. */
export interface MeterSink {
  add(counter: CountedName, labels: Labels, by: number): void;
  observe(histogram: ObservedName, labels: Labels, value: number): void;
  /** Makes a distribution known before it has any value, if the library can do that. */
  prepare?(histogram: ObservedName, labels: Labels): void;
}

/** A value that was read now. */
interface Reading {
  readonly labels: Labels;
  readonly value: number;
}

export type Readings = Readonly<Record<ReadName, readonly Reading[]>>;

export interface RegistryMeterOptions {
  /** The value of the label `registry`. */
  readonly name: string;
  /** The most tools that have a label of their own. */
  readonly maxTools: number;
  /** Gives several circuits one label. */
  readonly rename?: (circuit: string) => string;
  /** The kind of the circuits of a label, where that is known better than the registry knows it. */
  readonly kindOf?: (label: string) => 'tool' | 'upstream' | undefined;
}

const states = ['closed', 'open', 'halfOpen', 'isolated', 'disabled'] as const;
const reasons = ['open', 'halfOpen', 'isolated', 'upstream', 'loop'] as const;
const whys = ['observe', 'disabled', 'cap'] as const;
const verdicts = ['warned', 'denied', 'stopped'] as const;
const runStates = ['steady', 'repeating', 'refusing', 'stopped'] as const;
const ways = [
  ['closed', 'open'],
  ['open', 'halfOpen'],
  ['halfOpen', 'open'],
  ['halfOpen', 'closed'],
] as const;
const countedCategories = Object.entries(errorCategories)
  .filter(([, { counted }]) => counted)
  .map(([name]) => name);

/** How a call ended, as a label; undefined for one that was not made. */
function outcomeOf({ outcome, category }: CallEnd): string | undefined {
  if (outcome === 'abandoned') return undefined;
  if (outcome === 'answered') return 'ignored';
  if (category === null) return 'success';
  if (category === 'cancelled') return 'cancelled';
  return errorCategories[category].counted ? 'failure' : 'ignored';
}

/** Measures one registry: what happens goes to a sink, and what is the case now is read on demand. */
export class RegistryMeter {
  readonly labels: ToolLabels;
  readonly #registry: ToolRegistry;
  readonly #sink: MeterSink;
  readonly #name: string;
  readonly #kinds: RegistryMeterOptions['kindOf'];
  readonly #openTime: OpenTime;
  readonly #prepared = new Set<string>();
  readonly #stops: (() => void)[] = [];

  constructor(registry: ToolRegistry, sink: MeterSink, options: RegistryMeterOptions) {
    const { name, maxTools, rename } = options;
    this.#kinds = options.kindOf;
    this.#registry = registry;
    this.#sink = sink;
    this.#name = name;
    this.labels = new ToolLabels({
      known: registry.knownTools(),
      maxLabels: maxTools,
      ...(rename !== undefined && { rename }),
    });
    this.#openTime = new OpenTime(registry, (circuit) => this.labels.of(circuit));
  }

  start(): void {
    const subscription = this.#registry.on('*', (event) => this.#onEvent(event));
    const step: CallStep = {
      timed: true,
      refused: ({ tool }, { reason }) => this.#add('denied', { tool: this.labels.of(tool), reason }),
      ended: ({ tool }, end) => this.#onEnd(this.labels.of(tool), end),
    };
    const { storeWatchers } = seatOf(this.#registry.actor);
    const watch = ({ op, outcome, durationMs }: StoreCall): void =>
      this.#sink.observe('fleetStore', this.#labelled({ op, outcome }), durationMs / 1_000);
    storeWatchers.add(watch);
    this.#stops.push(
      () => subscription.unsubscribe(),
      this.#registry.intercept(step),
      () => storeWatchers.delete(watch),
    );
    this.#prepare();
    this.#sink.add('recoveryPauses', this.#labelled({}), 0);
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Reads everything that is read on demand. */
  read(): Readings {
    this.#prepare();
    const { diagnostics } = this.#registry.snapshot();
    const { counts, pauseReason } = this.#registry.actor.getSnapshot().context;
    const { membership } = seatOf(this.#registry.actor);
    const circuits = this.#byLabel(diagnostics);
    const openMs = this.#openTime.totals();
    const runs = this.#registry.runs().map(({ state }) => state);
    const each = (value: (circuits: readonly ToolDiagnostics[]) => number | null): Reading[] =>
      [...circuits].flatMap(([tool, those]) => {
        const read = value(those);
        return read === null ? [] : [{ labels: this.#labelled({ tool }), value: read }];
      });
    return {
      circuitState: [...circuits].flatMap(([tool, those]) =>
        states.map((state) => ({
          labels: this.#labelled({ tool, kind: this.#kindOf(tool, those), state }),
          value: isIn(those, state) ? 1 : 0,
        })),
      ),
      circuits: states.map((state) => ({ labels: this.#labelled({ state }), value: counts[state] })),
      failureRate: each((those) => worst(those, ({ failureRate }) => failureRate)),
      slowCallRate: each((those) => worst(those, ({ slowCallRate }) => slowCallRate)),
      backoffRemaining: each(
        (those) => (worst(those, ({ remainingBackoffMs }) => remainingBackoffMs) ?? 0) / 1_000,
      ),
      probesInFlight: each((those) => those.reduce((sum, { probesInFlight }) => sum + probesInFlight, 0)),
      // A counter goes on even where its circuits were forgotten.
      openTime: [...new Set([...circuits.keys(), ...openMs.keys()])].map((tool) => ({
        labels: this.#labelled({ tool }),
        value: (openMs.get(tool) ?? 0) / 1_000,
      })),
      recoveryPaused: [{ labels: this.#labelled({}), value: pauseReason === null ? 0 : 1 }],
      fleetDegraded:
        membership === undefined
          ? []
          : [{ labels: this.#labelled({}), value: Number(membership.isDegraded) }],
      runs: runStates.map((state) => ({
        labels: this.#labelled({ state }),
        value: runs.filter((run) => run === state).length,
      })),
      info: [{ labels: this.#labelled({ version }), value: 1 }],
    };
  }

  #onEvent(event: ToolRegistryEmitted): void {
    switch (event.type) {
      case 'recovery.paused':
        this.#add('recoveryPauses', {});
        return;
      case 'circuit.opened':
      case 'circuit.halfOpened':
      case 'circuit.closed':
      case 'circuit.isolated':
      case 'circuit.disabled': {
        const to = stateAfter[event.type];
        this.#openTime.onState(event, to);
        this.#add('transitions', { tool: this.labels.of(event.tool), from: event.from, to });
        return;
      }
      case 'circuit.spared': {
        this.#add('spared', { tool: this.labels.of(event.tool), why: event.why });
        return;
      }
      case 'loop.warned':
      case 'loop.denied':
      case 'loop.stopped':
        this.#add('loops', { tool: this.labels.of(event.tool), verdict: verdictOf[event.type] });
        return;
    }
  }

  #onEnd(tool: string, end: CallEnd): void {
    // A series must begin before it gets a value: prom-client would set it back.
    this.#prepare();
    const outcome = outcomeOf(end);
    if (outcome === undefined) return;
    const { category, durationMs, late, slow } = end;
    if (durationMs !== null) {
      this.#sink.observe('callDuration', this.#labelled({ tool, outcome }), durationMs / 1_000);
    }
    if (end.outcome === 'failure' && category !== null) this.#add('failures', { tool, category });
    if (late) this.#add('lateResults', { tool });
    if (slow) this.#add('slowCalls', { tool });
  }

  #add(counter: CountedName, labels: Labels, by = 1): void {
    this.#sink.add(counter, this.#labelled(labels), by);
  }

  #labelled(labels: Labels): Labels {
    return { registry: this.#name, ...labels };
  }

  /**
   * Begins each series of a known tool at 0. Otherwise the first failure would begin a series at 1, in which a query for growth
   * sees none.
   */
  #prepare(): void {
    if (this.#prepared.size === this.labels.all().size) return;
    for (const tool of this.labels.all()) {
      if (this.#prepared.has(tool)) continue;
      this.#prepared.add(tool);
      for (const category of countedCategories) this.#add('failures', { tool, category }, 0);
      for (const reason of reasons) this.#add('denied', { tool, reason }, 0);
      for (const [from, to] of ways) this.#add('transitions', { tool, from, to }, 0);
      for (const why of whys) this.#add('spared', { tool, why }, 0);
      for (const verdict of verdicts) this.#add('loops', { tool, verdict }, 0);
      this.#add('lateResults', { tool }, 0);
      this.#add('slowCalls', { tool }, 0);
      for (const outcome of ['success', 'failure']) {
        this.#sink.prepare?.('callDuration', this.#labelled({ tool, outcome }));
      }
    }
  }

  #kindOf(tool: string, [circuit]: readonly ToolDiagnostics[]): string {
    return this.#kinds?.(tool) ?? (circuit ?? this.#registry.diagnostics(tool)).kind;
  }

  /** The circuits of each label. A known tool that was not used has none yet, or none any more. */
  #byLabel(diagnostics: readonly ToolDiagnostics[]): Map<string, ToolDiagnostics[]> {
    const byLabel = new Map<string, ToolDiagnostics[]>();
    for (const tool of this.labels.all()) byLabel.set(tool, []);
    for (const circuit of diagnostics) {
      const tool = this.labels.of(circuit.tool);
      const those = byLabel.get(tool);
      if (those === undefined) byLabel.set(tool, [circuit]);
      else those.push(circuit);
    }
    return byLabel;
  }
}

const stateAfter = {
  'circuit.opened': 'open',
  'circuit.halfOpened': 'halfOpen',
  'circuit.closed': 'closed',
  'circuit.isolated': 'isolated',
  'circuit.disabled': 'disabled',
} as const;

const verdictOf = {
  'loop.warned': 'warned',
  'loop.denied': 'denied',
  'loop.stopped': 'stopped',
} as const;

/** Whether any circuit of a label is in a state. One that was not used is closed. */
const isIn = (circuits: readonly ToolDiagnostics[], state: string): boolean =>
  circuits.length === 0 ? state === 'closed' : circuits.some(({ status }) => status === state);

/** The largest value among several circuits; null if none has one. */
function worst(
  circuits: readonly ToolDiagnostics[],
  value: (circuit: ToolDiagnostics) => number | null,
): number | null {
  const values = circuits.map(value).filter((each) => each !== null);
  return values.length === 0 ? null : Math.max(...values);
}
