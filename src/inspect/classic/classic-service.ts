import type { AnyActorRef } from 'xstate';
import { isFields } from '../chart/definition.ts';
import type { Sanitize } from '../sanitize.ts';
import { type ClassicConfig, classicEventType } from './classic-machine.ts';

/** The part of a v4 machine that its inspector reads. */
export interface ClassicMachine {
  readonly definition: ClassicConfig;
  toJSON(): ClassicConfig;
}

/** The parts that all actors of a machine share. */
export interface ClassicKind {
  readonly machine: ClassicMachine;
  readonly stateNames: readonly string[];
}

interface Event {
  readonly type: string;
}

/** The part of a v4 state that its viewers read. */
export interface ClassicState {
  readonly value: unknown;
  readonly context: unknown;
  readonly event: Event;
  /** The event in its SCXML wrapper. */
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
  /** Whether events from a viewer are passed on to the actor. */
  readonly controls: boolean;
}

/** Presents a v5 actor as a v4 service, with only the parts that v4's inspector uses. */
export class ClassicService {
  readonly id: string;
  readonly sessionId: string;
  readonly parent: { readonly sessionId: string } | undefined;
  readonly machine: ClassicMachine;
  /** The inspector replaces this method, so that it sees an event before the actor does. */
  send: (event: unknown) => void;
  readonly #actor: AnyActorRef;
  readonly #options: ClassicServiceOptions;
  readonly #listeners = new Set<(state: ClassicState) => void>();
  readonly #stopListeners = new Set<() => void>();
  #lastEvent: Event = { type: 'xstate.init' };
  /** Whether the actor has already received the event. */
  #isHeard = false;
  /** Whether the event came from a viewer, which then need not be notified. */
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

  /** The actor was sent an event. */
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

  /** The actor was sent an event of which the inspector is not notified. */
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
    // A viewer sends the event in its SCXML wrapper.
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
