import { Actor, type ActorOptions } from 'xstate';
import type { ToolRegistryEmitted, ToolRegistryEvent } from '../../machines/registry-events.ts';
import { type ToolRegistrySnapshot, toolRegistryMachine } from '../../machines/tool-registry.ts';
import {
  hearEmitted,
  isObserved,
  type Scope,
  setSnapshot,
  snapshotWith,
  tellTransitions,
  watchInspectors,
} from '../../machines/xstate-internals.ts';
import { print } from '../options/strangers.ts';
import { registryChart } from './charts.ts';
import { checkEvent } from './check-event.ts';
import { hidden, shown } from './open-names.ts';
import { Timers } from './timers.ts';

type Machine = typeof toolRegistryMachine;

let process: (
  actor: RegistryActor,
  snapshot: ToolRegistrySnapshot,
  event: ToolRegistryEvent,
  scope: Scope,
) => ToolRegistrySnapshot;

/** What stands behind the parent of all circuits. */
export interface RegistryLife {
  /** Somebody begins to watch the system. */
  onInspected(): void;
  /** Something is told to whoever listens. */
  onEmitted(event: ToolRegistryEmitted): void;
  /** It is about to stop. */
  onStop(): void;
}

/** The parent of all circuits, which nothing that is sent to it can end. */
export class RegistryActor extends Actor<Machine> {
  /** How many watch every step of the system, and how many only follow what it comes to. */
  #inspectors = 0;
  #followers = 0;
  /** The snapshot as it is worked with, and the same as it was last shown. */
  #hidden: ToolRegistrySnapshot | undefined;
  #shown: ToolRegistrySnapshot | undefined;
  readonly #life: RegistryLife;

  static {
    process = (actor, snapshot, event, scope) => {
      try {
        return actor.#process(snapshot, event, scope);
      } catch (fault) {
        // Only a user can have sent it.
        print(`${event.type} threw`, fault);
        return snapshot;
      }
    };
  }

  constructor(options: ActorOptions<Machine>, life: RegistryLife) {
    super(options.inspect ? inspectedLogic : registryLogic, options);
    this.#life = life;
    new Timers(this.system);
    hearEmitted<ToolRegistryEmitted>(this, (event) => life.onEmitted(event));
    if (options.inspect) this.#inspectors = 1;
    watchInspectors(this, {
      onCome: (onlyFollows) => {
        if (onlyFollows) this.#followers += 1;
        else this.#inspectors += 1;
        life.onInspected();
      },
      onGo: (onlyFollows) => {
        if (onlyFollows) this.#followers -= 1;
        else this.#inspectors -= 1;
      },
    });
  }

  /** Whether somebody watches the system. */
  get isInspected(): boolean {
    return this.#inspectors + this.#followers > 0;
  }

  /** Whether somebody watches every step of it, so that XState's interpreter has to take them. */
  get isInterpreted(): boolean {
    return this.#inspectors > 0;
  }

  override getSnapshot(): ToolRegistrySnapshot {
    return this.#show(super.getSnapshot());
  }

  override getPersistedSnapshot(...options: Parameters<Actor<Machine>['getPersistedSnapshot']>) {
    setSnapshot(this, this.getSnapshot());
    return super.getPersistedSnapshot(...options);
  }

  /** Stops its circuits as well: they do not stop with it. */
  override stop(): this {
    this.#life.onStop();
    return super.stop();
  }

  /** @throws TypeError for what is no event. */
  override send(event: ToolRegistryEvent): void {
    checkEvent(event);
    super.send(event);
  }

  #process(snapshot: ToolRegistrySnapshot, event: ToolRegistryEvent, scope: Scope): ToolRegistrySnapshot {
    const { isInspected } = this;
    const taken: unknown[] | undefined = isInspected ? [] : undefined;
    const next =
      isInspected && this.isInterpreted
        ? undefined
        : registryChart.step(this.#hide(snapshot), event, scope, taken);
    if (next === undefined) {
      return toolRegistryMachine.transition(this.#show(snapshot), event, scope as never);
    }
    if (taken === undefined) return isObserved(this) ? this.#show(next) : next;
    const seen = this.#show(next);
    if (taken.length > 0) tellTransitions(scope, event, seen, taken);
    return seen;
  }

  #hide(snapshot: ToolRegistrySnapshot): ToolRegistrySnapshot {
    if (snapshot === this.#shown && this.#hidden !== undefined) return this.#hidden;
    const context = hidden(snapshot.context);
    return context === snapshot.context ? snapshot : snapshotWith(snapshot, context);
  }

  #show(snapshot: ToolRegistrySnapshot): ToolRegistrySnapshot {
    if (snapshot === this.#hidden && this.#shown !== undefined) return this.#shown;
    const context = shown(snapshot.context);
    if (context === snapshot.context) return snapshot;
    this.#hidden = snapshot;
    this.#shown = snapshotWith(snapshot, context);
    return this.#shown;
  }
}

const inspectedLogic: Machine = Object.create(toolRegistryMachine, {
  transition: {
    value: ((snapshot, event, scope) =>
      process(
        scope.self as unknown as RegistryActor,
        snapshot,
        event,
        scope as unknown as Scope,
      )) satisfies Machine['transition'],
  },
});

const registryLogic: Machine = Object.create(inspectedLogic, {
  getInitialSnapshot: {
    value: ((scope, input) =>
      registryChart.initial(scope as unknown as Scope, input) ??
      toolRegistryMachine.getInitialSnapshot(scope, input)) satisfies Machine['getInitialSnapshot'],
  },
});
