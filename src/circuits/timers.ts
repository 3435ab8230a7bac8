import type { AnyActorRef, EventObject } from 'xstate';
import {
  type AnyActorSystem,
  replaceScheduler,
  type ScheduledEvent,
  type Scheduler,
} from '../../machines/xstate-internals.ts';

/** A timer that is set. */
interface Timer extends ScheduledEvent {
  handle: unknown;
  /** Another timer of the same actor. */
  next: Timer | undefined;
}

/**
 * The timers of a system by actor, in the place of XState's own scheduler, which looks through the timers of all actors for
 * those of one that stops. They are set on the same clock, by interpreted and by compiled charts alike.
 */
export class Timers implements Scheduler {
  readonly #system: AnyActorSystem;
  readonly #byActor = new Map<AnyActorRef, Timer>();
  readonly #relay: (timer: ScheduledEvent) => void;

  constructor(system: AnyActorSystem) {
    this.#system = system;
    this.#relay = replaceScheduler(system, this);
  }

  schedule(source: AnyActorRef, target: AnyActorRef, event: EventObject, delay: number, id = ''): void {
    const next = this.#byActor.get(source);
    const timer: Timer = { id, event, startedAt: Date.now(), delay, source, target, handle: undefined, next };
    this.#byActor.set(source, timer);
    timer.handle = this.#system._clock.setTimeout(() => {
      this.#remove(timer);
      this.#relay(timer);
    }, delay);
  }

  cancel(source: AnyActorRef, id: string): void {
    for (let timer = this.#byActor.get(source); timer !== undefined; timer = timer.next) {
      if (timer.id === id) this.#clear(timer);
    }
  }

  cancelAll(source: AnyActorRef): void {
    for (let timer = this.#byActor.get(source); timer !== undefined; timer = timer.next) this.#clear(timer);
  }

  /** All that are set. */
  *[Symbol.iterator](): Generator<ScheduledEvent> {
    for (const first of this.#byActor.values()) {
      for (let timer: Timer | undefined = first; timer !== undefined; timer = timer.next) {
        const { id, event, startedAt, delay, source, target } = timer;
        yield { id, event, startedAt, delay, source, target };
      }
    }
  }

  #clear(timer: Timer): void {
    this.#remove(timer);
    this.#system._clock.clearTimeout(timer.handle);
  }

  #remove(timer: Timer): void {
    const first = this.#byActor.get(timer.source);
    if (first !== timer) {
      let before = first;
      while (before !== undefined && before.next !== timer) before = before.next;
      if (before !== undefined) before.next = timer.next;
    } else if (timer.next === undefined) this.#byActor.delete(timer.source);
    else this.#byActor.set(timer.source, timer.next);
  }
}
