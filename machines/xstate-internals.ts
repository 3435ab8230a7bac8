/**
 * What this library relies on and XState does not document, all of it in one file. A test fails where a version of XState
 * has it no more.
 */
import {
  Actor,
  type AnyActor,
  type AnyActorRef,
  type AnyMachineSnapshot,
  createMachine,
  type EventObject,
  type InspectionEvent,
  initialTransition,
  type StateNode,
} from 'xstate';

/** The parent of an actor; undefined for one that has none. */
export const parentOf = (actor: { readonly _parent?: AnyActorRef | undefined }): AnyActorRef | undefined =>
  actor._parent;

/** The id of the timer behind a delayed transition: of the delay's name and the id of its state. */
export const afterId = (delay: string, stateId: string): string => `xstate.after.${delay}.${stateId}`;

/** The event that stops an actor. */
export const stopEvent = 'xstate.stop';

/** The event that a chart begins with. */
export const initEvent = <Input>(input: Input) => ({ type: 'xstate.init', input }) as const;

/** Whether XState made the event itself: no chart of ours has a branch for it, but for its timers. */
export const isOfXState = (event: EventObject): boolean => event.type.startsWith('xstate.');

/** How many observe an actor's snapshots. Where they cannot be counted, somebody may. */
export function isObserved(actor: object): boolean {
  const { observers } = actor as { observers?: ReadonlySet<unknown> };
  return observers?.size !== 0;
}

/** Gives an actor a snapshot without an event, for nobody to be told. */
export function setSnapshot<Snapshot>(actor: { getSnapshot(): Snapshot }, snapshot: Snapshot): void {
  (actor as unknown as { _snapshot: Snapshot })._snapshot = snapshot;
}

/** Sends an event past an override of `send`. */
export const sendTo = <Event extends EventObject>(actor: { send(event: Event): void }, event: Event): void =>
  Actor.prototype.send.call(actor, event);

/** The snapshot past an override of `getSnapshot`. */
export const snapshotOf = <Snapshot>(actor: { getSnapshot(): Snapshot }): Snapshot =>
  Actor.prototype.getSnapshot.call(actor) as Snapshot;

/** Marks an observer in a way that another copy of this library knows as well. */
const followsOnly = Symbol.for('toolfuse.follows-only');

/**
 * An inspection observer that reads less than there is: events, snapshots, and of a microstep which transitions were taken. It
 * is told of all microsteps of an event at once, without actions. So no interpreter has to run for it.
 */
export const follower = (
  next: (event: InspectionEvent) => void,
): { readonly next: (event: InspectionEvent) => void } => Object.assign({ next }, { [followsOnly]: true });

/** What is called for each inspector that comes to a system, and for each that goes, with whether it only follows. */
export function watchInspectors(
  { system }: { readonly system: AnyActor['system'] },
  {
    onCome,
    onGo,
  }: { readonly onCome: (onlyFollows: boolean) => void; readonly onGo: (onlyFollows: boolean) => void },
): void {
  const attach = system.inspect;
  system.inspect = (observer) => {
    const onlyFollows = followsOnly in Object(observer);
    const subscription = attach(observer);
    onCome(onlyFollows);
    let isAttached = true;
    return {
      unsubscribe: () => {
        if (isAttached) onGo(onlyFollows);
        isAttached = false;
        subscription.unsubscribe();
      },
    };
  };
}

/** Calls a listener for each event that an actor emits, before all others, who cost something only if there are any. */
export function hearEmitted<Emitted extends EventObject>(
  actor: object,
  listener: (event: Emitted) => void,
): void {
  const scope = (actor as { _actorScope: { emit: (event: Emitted) => void } })._actorScope;
  const { emit } = scope;
  scope.emit = (event) => {
    listener(event);
    emit(event);
  };
}

/** What the actors of one root share. */
export type AnyActorSystem = AnyActorRef['system'];

/** A timer as XState's scheduler knows it. */
export type ScheduledEvent = ReturnType<AnyActorSystem['getSnapshot']>['_scheduledEvents'][string];

export type Scheduler = AnyActorSystem['scheduler'];

/**
 * Puts another scheduler in the place of a system's own.
 *
 * @returns what sends the event of a timer that is due.
 */
export function replaceScheduler(
  system: AnyActorSystem,
  scheduler: Scheduler & Iterable<ScheduledEvent>,
): (timer: ScheduledEvent) => void {
  system.scheduler = scheduler;
  system.getSnapshot = () => ({
    _scheduledEvents: Object.fromEntries(
      Array.from(scheduler, (timer) => [`${timer.source.sessionId}.${timer.id}`, timer]),
    ),
  });
  return ({ source, target, event }) => (system as unknown as System)._relay(source, target, event);
}

/** What the transitions of a machine work with. */
export interface Scope {
  readonly self: AnyActorRef;
  readonly system: System;
  readonly defer: (effect: () => void) => void;
  readonly emit: (event: EventObject) => void;
  readonly stopChild: (child: AnyActorRef) => void;
  readonly actionExecutor: (action: {
    type: string;
    info: never;
    params: undefined;
    exec: ((info: never, params: never) => void) | undefined;
  }) => void;
}

interface System {
  readonly _sendInspectionEvent: (event: object) => void;
  readonly scheduler: {
    schedule(source: AnyActorRef, target: AnyActorRef, event: EventObject, delay: number, id?: string): void;
    cancel(source: AnyActorRef, id: string): void;
  };
  _relay(source: AnyActorRef, target: AnyActorRef, event: EventObject): void;
  _unregister(actor: AnyActorRef): void;
}

/** Once the snapshot is set: sets a timer that sends the actor an event. */
export const deferTimer = (scope: Scope, event: EventObject, delay: number, id: string): void =>
  scope.defer(() => scope.system.scheduler.schedule(scope.self, scope.self, event, delay, id));

/** Once the snapshot is set: takes a timer back. */
export const deferCancel = (scope: Scope, id: string): void =>
  scope.defer(() => scope.system.scheduler.cancel(scope.self, id));

/** Once the snapshot is set: sends another actor an event. */
export const deferSend = (scope: Scope, to: AnyActorRef, event: EventObject): void =>
  scope.defer(() => scope.system._relay(scope.self, to, event));

/** Stops a child that has no children: at once where it never ran, else once the snapshot is set. */
export function deferStop(scope: Scope, child: AnyActorRef): void {
  scope.system._unregister(child);
  const isRunning = (child as unknown as { _processingStatus: number })._processingStatus === 1;
  if (isRunning) scope.defer(() => scope.stopChild(child));
  else scope.stopChild(child);
}

/** Tells who follows which transitions an event took. */
export const tellTransitions = (
  { self, system }: Scope,
  event: EventObject,
  snapshot: AnyMachineSnapshot,
  transitions: readonly unknown[],
): void =>
  system._sendInspectionEvent({
    type: '@xstate.microstep',
    actorRef: self,
    event,
    snapshot,
    _transitions: transitions,
  });

/** What an action of XState's own does, as `assign` or `raise` made it. */
export type BuiltIn =
  | { readonly type: 'xstate.assign'; readonly assignment: unknown }
  | { readonly type: 'xstate.cancel'; readonly sendId: unknown }
  | { readonly type: 'xstate.raise'; readonly event: unknown; readonly id: unknown; readonly delay: unknown }
  | { readonly type: 'xstate.emit'; readonly event: unknown }
  | { readonly type: 'xstate.enqueueActions'; readonly collect: unknown };

/** The same action, where it is XState's own; undefined for a function of ours. */
export const asBuiltIn = (action: unknown): BuiltIn | undefined =>
  typeof action === 'function' && 'resolve' in action ? (action as unknown as BuiltIn) : undefined;

/** Whether a guard is one that XState puts together of others. */
export const isBuiltInGuard = (guard: object): boolean => 'check' in guard;

/** The branches of a state by event, in order; those of its delayed transitions among them. */
export const branchesOf = (node: StateNode): ReadonlyMap<string, readonly Branch[]> =>
  node.transitions as unknown as ReadonlyMap<string, readonly Branch[]>;

/** The branches that a state takes without an event, in order. */
export const eventlessOf = (node: StateNode): readonly Branch[] => (node.always ?? []) as unknown as Branch[];

/** A way on from a state, as XState reads it off a machine's config. */
export interface Branch {
  readonly guard: unknown;
  readonly actions: readonly unknown[];
  readonly target: readonly StateNode[] | undefined;
  readonly source: StateNode;
  readonly reenter: boolean;
}

/** The fields of a machine's snapshot, in the order in which XState makes them. */
const fields = [
  'status',
  'output',
  'error',
  'machine',
  'context',
  '_nodes',
  'value',
  'tags',
  'children',
  'historyValue',
  'matches',
  'hasTag',
  'can',
  'getMeta',
  'toJSON',
];

/** Whether the XState at hand makes its snapshots of these fields, and of no others. */
export const isKnownShape = Object.keys(initialTransition(createMachine({}))[0]).join() === fields.join();

/** What a snapshot says of the state alone. */
export interface Place {
  readonly value: unknown;
  readonly _nodes: unknown;
  readonly tags: unknown;
}

/**
 * A snapshot that knows something else, or is at another place. Field by field, which is ten times as fast as a spread of
 * what was itself spread, unless the XState at hand has other fields than these.
 */
export function snapshotWith<Snapshot extends AnyMachineSnapshot>(
  snapshot: Snapshot,
  context: Snapshot['context'],
  { value, _nodes, tags }: Place = snapshot,
  children: unknown = snapshot.children,
  status: string = snapshot.status,
): Snapshot {
  if (!isKnownShape) {
    return { ...snapshot, context, value, _nodes, tags, children, status } as AnyMachineSnapshot as Snapshot;
  }
  return {
    status,
    output: snapshot.output,
    error: snapshot.error,
    machine: snapshot.machine,
    context,
    _nodes,
    value,
    tags,
    children,
    historyValue: snapshot.historyValue,
    matches: snapshot.matches,
    hasTag: snapshot.hasTag,
    can: snapshot.can,
    getMeta: snapshot.getMeta,
    toJSON: snapshot.toJSON,
  } as AnyMachineSnapshot as Snapshot;
}
