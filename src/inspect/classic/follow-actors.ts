import type { ToolRegistry } from 'toolfuse';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { chartModel } from '../chart/chart-model.ts';
import { type Sanitize, shower } from '../sanitize.ts';
import { classicMachine, stateNames } from './classic-machine.ts';
import { type ClassicKind, ClassicService } from './classic-service.ts';

/** The place where v4's inspector learns about services: `globalThis.__xstate__`, or its `createDevTools()`. */
export interface ClassicDevTools {
  register(service: unknown): void;
}

export interface FollowOptions {
  readonly sanitize: Sanitize | undefined;
  readonly controls: boolean;
  /** Whether a viewer is connected; while none is, no states are converted. */
  readonly isWatched: () => boolean;
}

/** Registers the registry and its circuits, present and future, as v4 services, and reports their events and states. */
export class ActorFollower {
  readonly #registry: ToolRegistry;
  readonly #devTools: ClassicDevTools;
  readonly #options: FollowOptions;
  readonly #show: Sanitize;
  readonly #services = new Map<unknown, ClassicService>();
  readonly #kinds = new Map<unknown, ClassicKind>();
  readonly #subscription: { unsubscribe(): void };

  constructor(registry: ToolRegistry, devTools: ClassicDevTools, options: FollowOptions) {
    this.#registry = registry;
    this.#devTools = devTools;
    this.#options = options;
    this.#show = shower(options.sanitize);
    for (const actor of [registry.actor, ...registry.circuits()]) this.#meet(actor);
    this.#subscription = registry.actor.system.inspect((event) => {
      // In XState, an observer that throws loses the event that it was called with.
      try {
        this.#follow(event);
      } catch (fault) {
        console.error('toolfuse: the classic inspector could not follow an event', fault);
      }
    });
  }

  stop(): void {
    this.#subscription.unsubscribe();
    for (const service of this.#services.values()) service.stop();
    this.#services.clear();
  }

  #follow(event: InspectionEvent): void {
    if (event.type === '@xstate.actor') {
      // The actor has no snapshot until its creation is complete.
      queueMicrotask(() => this.#meet(event.actorRef as AnyActorRef));
      return;
    }
    const service = this.#services.get(event.actorRef);
    if (service === undefined) return;
    const isWatched = this.#options.isWatched();
    if (event.type === '@xstate.event') {
      if (isWatched) service.hear(event.event);
      else service.remember(event.event);
    } else if (event.type === '@xstate.snapshot') {
      const { status } = event.snapshot as { readonly status?: string };
      if (isWatched) service.showState();
      if (status === 'active') return;
      service.stop();
      this.#services.delete(event.actorRef);
    }
  }

  #meet(actor: AnyActorRef): void {
    const { config } = (actor as { readonly logic?: { readonly config?: unknown } }).logic ?? {};
    const isStopped = actor !== this.#registry.actor && actor.getSnapshot()?.status !== 'active';
    if (config === undefined || isStopped || this.#services.has(actor)) return;
    const service = new ClassicService(actor, {
      kind: this.#kindOf(config),
      parent: actor._parent?.sessionId,
      show: this.#show,
      controls: this.#options.controls,
    });
    this.#services.set(actor, service);
    this.#devTools.register(service);
  }

  #kindOf(config: unknown): ClassicKind {
    const known = this.#kinds.get(config);
    if (known !== undefined) return known;
    const model = chartModel(config);
    const definition = classicMachine(model);
    const kind: ClassicKind = {
      machine: { definition, toJSON: () => definition },
      stateNames: stateNames(model),
    };
    this.#kinds.set(config, kind);
    return kind;
  }
}
