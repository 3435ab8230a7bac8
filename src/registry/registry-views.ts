import { type CircuitState, stateOf } from '../../machines/circuit-state.ts';
import type { CallTarget } from '../calls/call-keys.ts';
import type { CircuitNeeds } from '../calls/call-options.ts';
import type { Circuit } from '../circuits/circuit.ts';
import { type Availability, availabilityOf, mayAdmit } from '../views/availability.ts';
import { diagnose, diagnoseUnknown, remainingBackoffMs, type ToolDiagnostics } from '../views/diagnostics.ts';
import { callTotals, type RegistryMetrics, toolMetrics } from '../views/metrics.ts';
import { type Recovery, recoveryOf } from '../views/recovery.ts';
import type { RegistryParts } from './registry-parts.ts';

/** Every known tool at one instant. */
export interface RegistrySnapshot {
  readonly diagnostics: readonly ToolDiagnostics[];
  /** The names of the circuits that are open or isolated. */
  readonly openCircuits: readonly string[];
  /** How many circuits are open or isolated now; in a tool's diagnostics, the same name counts its trips. */
  readonly openCount: number;
}

/** What a registry tells about its tools now. To ask changes nothing, and is no use of a tool. */
export class RegistryViews {
  readonly #parts: RegistryParts;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  /** The names of those tools that may admit a call. Default: of every known tool. */
  availableTools(names: Iterable<string> | undefined, halfOpen: boolean): string[] {
    const question = { now: this.#parts.clock.now(), halfOpen };
    const isAvailable = (name: string): boolean => mayAdmit(this.#parts.circuits.get(name)?.latest, question);
    return [...(names ?? this.#toolNames())].filter((name) => {
      const upstream = this.#upstreamOf(name);
      return isAvailable(name) && (upstream === undefined || isAvailable(upstream));
    });
  }

  availability(name: string, needs: CircuitNeeds): Availability {
    const { wallNow, now } = this.#parts.clock;
    const circuit = this.#circuitFor(name, needs);
    const upstream = needs.upstream ?? circuit?.lastUpstream ?? this.#upstreamOf(name);
    return availabilityOf(
      circuit,
      upstream === undefined ? undefined : this.#parts.circuits.get(upstream),
      now(),
      wallNow(),
    );
  }

  /** The circuit that would refuse a call; undefined if none would. */
  blockedBy(name: string, needs: CircuitNeeds): Circuit | undefined {
    const availability = this.availability(name, needs);
    return availability.available ? undefined : this.#parts.circuits.get(availability.because);
  }

  state(name: string, key: string | null): CircuitState {
    const circuit = this.#parts.circuits.get(name, key);
    return circuit === undefined ? 'closed' : stateOf(circuit.latest);
  }

  remainingBackoffMs(name: string, key: string | null): number | null {
    const circuit = this.#parts.circuits.get(name, key);
    return circuit === undefined ? null : remainingBackoffMs(circuit.latest, this.#parts.clock.now());
  }

  diagnostics(name: string, key: string | null): ToolDiagnostics {
    const circuit = this.#parts.circuits.get(name, key);
    if (circuit !== undefined) return this.#diagnose(circuit);
    return diagnoseUnknown(
      name,
      key,
      this.#parts.known.isUpstream(name) ? 'upstream' : 'tool',
      this.#upstreamOf(name),
      this.availability(name, { key }),
      this.#parts.modes.of(name),
    );
  }

  snapshot(): RegistrySnapshot {
    return {
      diagnostics: Array.from(this.#parts.circuits.all(), (circuit) => this.#diagnose(circuit)),
      openCircuits: this.openCircuits(),
      openCount: this.#parts.circuits.open.size,
    };
  }

  /** The names of the circuits that are open or isolated, in the order in which they opened. */
  openCircuits(): string[] {
    return Array.from(this.#parts.circuits.open, (circuit) => circuit.id);
  }

  recovery(): Recovery {
    return recoveryOf(
      this.#parts.parent.getSnapshot().context,
      this.openCircuits(),
      this.#parts.recentErrors,
      this.#parts.clock.now(),
    );
  }

  metrics(): RegistryMetrics {
    const { circuitOpenEvents, halfOpenEvents, breakerDenials } = this.#parts.parent.getSnapshot().context;
    const loops = this.#parts.loopCounts.of(this.#parts.runs.all().length);
    const tools = Array.from(this.#parts.circuits.all(), (circuit) =>
      toolMetrics(circuit, this.#parts.circuits.openMs(circuit)),
    );
    const totals = callTotals(this.#parts.circuits);
    const fleet = this.#parts.seat.membership?.counts() ?? null;
    return { circuitOpenEvents, halfOpenEvents, breakerDenials, ...totals, tools, loops, fleet };
  }

  #diagnose(circuit: Circuit): ToolDiagnostics {
    const openMs = this.#parts.circuits.openMs(circuit);
    return diagnose(
      circuit,
      this.#parts.clock.now(),
      openMs,
      this.availability(circuit.tool, { key: circuit.key }),
    );
  }

  /** The upstream of a tool's last call, or else of its settings. */
  #upstreamOf(name: string): string | undefined {
    return this.#parts.circuits.get(name)?.lastUpstream ?? this.#parts.config.tools.get(name)?.upstream;
  }

  /** The circuit that a call would need now; undefined if it would be a new one. */
  #circuitFor(name: string, target: CallTarget): Circuit | undefined {
    return this.#parts.circuits.getFor(name, this.#parts.keys.of(name, target));
  }

  /** The names of the tools that can be called, which excludes circuits that serve only as upstreams. */
  #toolNames(): Set<string> {
    const names = new Set<string>();
    for (const circuit of this.#parts.circuits.all()) if (!circuit.isUpstream) names.add(circuit.tool);
    return names;
  }
}
