import type { AnyActorRef, EventObject } from 'xstate';
import {
  deferCancel,
  deferSend,
  deferStop,
  deferTimer,
  type Scope,
} from '../../machines/xstate-internals.ts';

export type Context = Readonly<Record<string, unknown>>;
export type Update = Context;
/** What a machine gives for what an event is, or for how a name is resolved, at one moment. */
export type Expression<Result> = (moment: ChartMoment, params: unknown) => Result;
/** Makes a context of another one and what is new in it. */
export type ContextWith = (context: Context, update: Update) => Context;

/** What a compiled chart needs of its machine while it runs. */
export interface MomentOptions {
  readonly contextWith: ContextWith;
  readonly delays: Readonly<Record<string, unknown>>;
}

/** A wait, in ms, as `raise` is given it: a number, the name of a delay, or a function. */
export type Delay = number | string | Expression<number>;

/**
 * A chart in the middle of an event. Guards, updates and actions are given it as XState gives them its arguments, and
 * `enqueueActions` as what it enqueues by. The context may be changed; whatever else happens waits until the snapshot is set.
 */
export class ChartMoment<Branch = unknown> {
  context: Context;
  readonly event: EventObject;
  scope: Scope;
  /** The branch that is taken, where that is known already. */
  branch: Branch | undefined = undefined;
  /** When the event happened, once a rule has asked. */
  at: number | undefined = undefined;
  /** What rules have worked out of this context and this event. */
  memo: unknown = undefined;
  /** The children, where one was stopped. */
  children: Readonly<Record<string, AnyActorRef>>;
  readonly #options: MomentOptions;
  /** Whether the context was made here, and nobody else has seen it. */
  #isOwn = false;

  /**
   * V8 gives up the hidden class of objects once none of them is left, and with it all code that was compiled for them: so one
   * moment lasts.
   */
  static readonly lasting: ChartMoment = new ChartMoment(
    {},
    {} as EventObject,
    {} as Scope,
    {},
    {} as MomentOptions,
  );

  constructor(
    context: Context,
    event: EventObject,
    scope: Scope,
    children: ChartMoment['children'],
    options: MomentOptions,
  ) {
    this.context = context;
    this.event = event;
    this.scope = scope;
    this.children = children;
    this.#options = options;
  }

  get self(): AnyActorRef {
    return this.scope.self;
  }

  get enqueue(): this {
    return this;
  }

  assign(assignment: Expression<Update> | Update, params?: unknown): void {
    this.change(
      typeof assignment === 'function' ? assignment(this, params) : this.#valuesOf(assignment, params),
    );
  }

  change(update: Update): void {
    if (this.#isOwn) Object.assign(this.context, update);
    else this.context = this.#options.contextWith(this.context, update);
    this.#isOwn = true;
    this.memo = undefined;
  }

  sendTo(to: AnyActorRef, event: EventObject): void {
    deferSend(this.scope, to, event);
  }

  emit(event: EventObject): void {
    const { scope } = this;
    scope.defer(() => scope.emit(event));
  }

  raise(event: EventObject, { id, delay }: { id: string; delay: Delay }): void {
    deferTimer(this.scope, event, this.#waitMs(delay), id);
  }

  cancel(id: string): void {
    deferCancel(this.scope, id);
  }

  stopChild(child: AnyActorRef): void {
    if (child.id in this.children) {
      const { [child.id]: _, ...others } = this.children;
      this.children = others;
    }
    deferStop(this.scope, child);
  }

  #waitMs(delay: Delay): number {
    const given = typeof delay === 'string' ? (this.#options.delays[delay] as Delay) : delay;
    return typeof given === 'function' ? given(this, undefined) : (given as number);
  }

  /** What an object of values, some of them functions, gives at this moment. */
  #valuesOf(assignment: Update, params: unknown): Update {
    let update: Record<string, unknown> | undefined;
    for (const key in assignment) {
      const value = assignment[key];
      if (typeof value !== 'function') continue;
      update ??= { ...assignment };
      update[key] = value(this, params);
    }
    return update ?? assignment;
  }
}
