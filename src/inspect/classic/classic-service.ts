import type { AnyActorRef } from 'xstate';
import { isFields } from '../chart/definition.ts';
import type { Sanitize } from '../sanitize.ts';
import { type ClassicConfig, classicEventType } from './classic-machine.ts';

/** A machine of v4, as far as its inspector looks at it. */
export interface ClassicMachine {
  readonly definition: ClassicConfig;
  toJSON(): ClassicConfig;
}

/** What is the same for all actors of a machine. */
export interface ClassicKind {
  readonly machine: ClassicMachine;
  readonly stateNames: readonly string[];
}

interface Event {
  readonly type: string;
}

/** A state of v4, as far as its viewers look at it. */
export interface ClassicState {
  readonly value: unknown;
  readonly context: unknown;
  readonly event: Event;
  /** The same as SCXML wraps it. */
  readonly _event: {
    readonly name: string;
    readonly data: Event;
    readonly $$type: 'scxml';
    readonly type: 'external';
  };
  readonly done: boolean;
  readonly changed: boolean;
  readonly actions: readonly [];
  readonly activities: object;
  readonly meta: object;
  readonly events: readonly [];
  readonly configuration: readonly [];
  readonly transitions: readonly [];
  readonly children: object;
  readonly tags: readonly string[];
}

export interface ClassicServiceOptions {
  readonly kind: ClassicKind;
  readonly parent: string | undefined;
  readonly show: Sanitize;
  /** Whether events of a viewer are sent on to the actor. */
  readonly controls: boolean;
}

/** An actor of v5 as a service of v4: what the inspector of v4 touches of one, and no more. */
export class ClassicService {
  readonly id: string;
  readonly sessionId: string;
  readonly parent: { readonly sessionId: string } | undefined;
  readonly machine: ClassicMachine;
  /** Replaced by the inspector, so that it hears of an event before the actor does. */
  send: (event: unknown) => void;
  readonly #actor: AnyActorRef;
  readonly #options: ClassicServiceOptions;
  readonly #listeners = new Set<(state: ClassicState) => void>();
  readonly #stopListeners = new Set<() => void>();
  #lastEvent: Event = { type: 'xstate.init' };
  /** Whether the actor has the event already. */
  #isHeard = false;
  /** Whether the event comes from a viewer, which knows of it. */
  #isFromViewer = false;

  constructor(actor: AnyActorRef, options: ClassicServiceOptions) {
    this.#actor = actor;
    this.#options = options;
    this.id = actor.id;
    this.sessionId = actor.sessionId;
    this.parent = options.parent === undefined ? undefined : { sessionId: options.parent };
    this.machine = options.kind.machine;
    this.send = (event) => this.#sendToActor(event);
  }

  get state(): ClassicState {
    const snapshot: unknown = this.#actor.getSnapshot();
    const { value, context, status, tags } = isFields(snapshot) ? snapshot : {};
    const event = this.#lastEvent;
    return {
      value,
      context: this.#options.show(context, { kind: 'context', actor: this.id }) ?? {},
      event,
      _event: { name: event.type, data: event, $$type: 'scxml', type: 'external' },
      done: status === 'done',
      changed: true,
      actions: [],
      activities: {},
      meta: {},
      events: [],
      configuration: [],
      transitions: [],
      children: {},
      tags: tags instanceof Set ? [...tags] : [],
    };
  }

  subscribe(listener: (state: ClassicState) => void): { unsubscribe(): void } {
    this.#listeners.add(listener);
    return { unsubscribe: () => this.#listeners.delete(listener) };
  }

  onStop(listener: () => void): void {
    this.#stopListeners.add(listener);
  }

  /** The actor has been sent an event. */
  hear(event: Event): void {
    this.remember(event);
    if (this.#isFromViewer) return;
    this.#isHeard = true;
    try {
      this.send(this.#lastEvent);
    } finally {
      this.#isHeard = false;
    }
  }

  /** The same, where nobody is to be told. */
  remember(event: Event): void {
    const shown = this.#options.show(event, { kind: 'event', actor: this.id });
    const type = classicEventType(event.type, this.#options.kind.stateNames);
    this.#lastEvent = isFields(shown) ? { ...shown, type } : { type };
  }

  /** The actor has a new snapshot. */
  showState(): void {
    const { state } = this;
    for (const listener of this.#listeners) listener(state);
  }

  stop(): void {
    for (const listener of this.#stopListeners) listener();
    this.#stopListeners.clear();
    this.#listeners.clear();
  }

  #sendToActor(event: unknown): void {
    if (this.#isHeard || !this.#options.controls) return;
    // A viewer sends it as SCXML wraps it.
    const data = isFields(event) && isFields(event.data) ? event.data : event;
    if (!isFields(data) || typeof data.type !== 'string') return;
    this.#isFromViewer = true;
    try {
      this.#actor.send({ ...data, type: data.type });
    } finally {
      this.#isFromViewer = false;
    }
  }
}
