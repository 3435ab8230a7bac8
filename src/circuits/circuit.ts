import type { ActorOptions } from 'xstate';
import type { PermitStamp, ToolCircuitEvent } from '../../machines/circuit-context.ts';
import { type ToolCircuitSnapshot, toolCircuitMachine } from '../../machines/tool-circuit.ts';
import type { OwnStrategy } from '../../machines/trip-strategy.ts';
import { isObserved, type Scope, stopEvent, tellTransitions } from '../../machines/xstate-internals.ts';
import { circuitChart } from './charts.ts';
import { checkEvent } from './check-event.ts';
import { CircuitActor, type CircuitLife, compact } from './circuit-actor.ts';
import { CircuitRecord } from './circuit-record.ts';
import { Foresight } from './foresight.ts';
import { Shadow } from './shadow.ts';
import { UntoldMemory } from './untold-memory.ts';

export type ResultEvent = ToolCircuitEvent & { type: 'SUCCESS' | 'FAILURE' };

/** Who is told of what circuits are about to become. */
export interface CircuitOwner {
  /** The circuits that are in the middle of an event, and so may be about to be something else. */
  readonly unsettled: Set<Circuit>;
  /** Whether somebody watches: then all is told by events. */
  readonly isInspected: boolean;
  /** Whether somebody watches every step: then XState's interpreter takes them. */
  readonly isInterpreted: boolean;
  /** What a circuit is, or will be, may have changed. */
  onSettled(circuit: Circuit): void;
  /** A result was sent to the actor itself. */
  onBareResult(circuit: Circuit, event: ResultEvent): void;
  /** What a circuit knows of its fleet's verdict has changed. */
  onVerdict(circuit: Circuit): void;
}

/** One circuit as the registry holds it: its record, and the way to its actor. */
export class Circuit extends CircuitRecord implements CircuitLife {
  readonly actor: CircuitActor;
  /** The name of the circuit: of its tool, or `fetch (for example.org)`. */
  readonly id: string;
  readonly tool: string;
  /** The target or tenant that it is for; null if it is for all calls of the tool. */
  readonly key: string | null;
  /** Its trip strategy. A user's strategy is contained, and therefore has no `addSuccess`. */
  readonly trip: OwnStrategy;
  /** Whether all of its calls must be timed, because its trip strategy needs durations. */
  readonly isTimed: boolean;
  /** The life that it would have had, while it only observes. */
  shadow: Shadow | undefined;
  readonly #owner: CircuitOwner;
  readonly #foresight: Foresight;
  readonly #untold = new UntoldMemory();

  constructor(options: ActorOptions<typeof toolCircuitMachine>, owner: CircuitOwner) {
    super();
    this.#owner = owner;
    this.actor = new CircuitActor(options, this);
    this.id = this.actor.id;
    this.#foresight = new Foresight(this.actor);
    const { tool, key, config } = this.latest.context;
    this.tool = tool;
    this.key = key;
    this.trip = config.trip;
    this.isTimed = this.trip.slowCallMs !== undefined;
    if (this.latest.context.isObserved) this.shadow = new Shadow(this.latest);
  }

  get isInspected(): boolean {
    return this.#owner.isInspected;
  }

  get isInterpreted(): boolean {
    return this.#owner.isInterpreted;
  }

  /** What it will be when all that it has been sent is processed. To be read, and not to be kept. */
  get latest(): ToolCircuitSnapshot {
    return this.#foresight.latest;
  }

  /** Whether the next call is to be timed. */
  shouldTime(): boolean {
    return this.stats.shouldMeasure() || this.isTimed;
  }

  onSent(event: ToolCircuitEvent): void {
    checkEvent(event);
    if (this.isForgotten) return;
    if (event.type === 'SUCCESS' || event.type === 'FAILURE') this.#owner.onBareResult(this, event);
    this.send(event);
  }

  onSeen(): void {
    this.#untold.reveal();
  }

  /** Sends what the registry says itself: a result is counted already. */
  send(event: ToolCircuitEvent): void {
    // A forgotten one is being stopped, as soon as the registry actor gets round to it.
    if (this.isForgotten || !this.#foresight.send(event)) return;
    this.revoke();
    this.#owner.onSettled(this);
  }

  /** Adds a success that changes nothing but what the trip strategy remembers; false where it has to be told. */
  addSuccess(at: number, durationMs: number | null = null): boolean {
    return this.#mayBeUntold() && this.#untold.addSuccess(this.latest, this.trip, at, durationMs);
  }

  /** The same for a call by the quiet admission, which there is only while no event is at work. */
  addQuietSuccess(at: number): boolean {
    return this.#untold.addSuccess(this.latest, this.trip, at, null);
  }

  /** Tells it of a result, at an instant of its own clock: without an event, where nobody would hear of it. */
  tell(event: ResultEvent & { readonly at: number }): void {
    if (this.isForgotten) return;
    this.quietAdmission = undefined;
    const next = this.#mayBeUntold() ? this.#untold.add(this.actor, this.latest, event) : undefined;
    if (next !== undefined) this.#foresight.replace(next);
    else {
      this.send(event);
      circuitChart.forget();
    }
  }

  /** Asks for permission to make a call; null where it is refused. */
  request(at: number): PermitStamp | null {
    return this.#foresight.request(at, (event) => this.send(event));
  }

  process(before: ToolCircuitSnapshot, event: ToolCircuitEvent, scope: Scope): ToolCircuitSnapshot {
    // What it was sent before it was forgotten, and has not processed yet, would be reported after it was counted out.
    if (this.isForgotten && (event.type as string) !== stopEvent) return before;
    this.revoke();
    this.#untold.reveal();
    this.#foresight.begin(event);
    const { isInspected } = this.#owner;
    const taken: unknown[] | undefined = isInspected ? [] : undefined;
    const compiled =
      isInspected && this.#owner.isInterpreted ? undefined : circuitChart.step(before, event, scope, taken);
    const next = compiled ?? this.#interpreted(before, event, scope);
    // Only now: an inspector may have asked in the middle of the event.
    this.revoke();
    if (next.context.isObserved || this.shadow !== undefined) this.#castShadow(before, event, next);
    const isSettled = this.#foresight.end(event, before, next);
    if (isSettled && next.value !== this.countedAs) this.#owner.onSettled(this);
    if (next.context.fleet !== before.context.fleet) this.#owner.onVerdict(this);
    if (taken !== undefined && taken.length > 0) tellTransitions(scope, event, next, taken);
    return next;
  }

  #interpreted(before: ToolCircuitSnapshot, event: ToolCircuitEvent, scope: Scope): ToolCircuitSnapshot {
    const { unsettled } = this.#owner;
    this.revoke();
    unsettled.add(this);
    const next = compact(toolCircuitMachine.transition(before, event, scope as never));
    unsettled.delete(this);
    return next;
  }

  /** The shadow begins with what the circuit was before, and is cleared with it. */
  #castShadow(before: ToolCircuitSnapshot, event: ToolCircuitEvent, next: ToolCircuitSnapshot): void {
    if (!next.context.isObserved) this.shadow = undefined;
    else if (this.shadow === undefined) this.shadow = new Shadow(before);
    else if (event.type === 'RESET' || event.type === 'CLOSE') this.shadow.tell(event);
  }

  #mayBeUntold(): boolean {
    return !this.#owner.isInspected && !isObserved(this.actor) && this.#foresight.isIdle;
  }
}
