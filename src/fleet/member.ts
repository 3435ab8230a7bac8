import { circuitName } from '../../machines/circuit-name.ts';
import type { CircuitState } from '../../machines/circuit-state.ts';
import type { FleetOrder, FleetState } from '../../machines/fleet-news.ts';
import { isHeld } from '../../machines/fleet-verdict.ts';
import type { Circuit } from '../circuits/circuit.ts';
import type { FleetCounts, Membership } from '../circuits/membership.ts';
import type { RegistryParts } from '../registry/registry-parts.ts';
import { type Change, readChange } from './change.ts';
import { idOf, Keys } from './keys.ts';
import { Leases } from './leases.ts';
import { Listening } from './listening.ts';
import { MemberActor } from './member-actor.ts';
import { Orders } from './orders.ts';
import { Rulings } from './rulings.ts';
import { leave } from './scripts/index.ts';
import type { FleetParts, FleetSettings } from './settings.ts';
import type { SharedCircuit } from './shared-circuit.ts';
import { SharedCircuits } from './shared-circuits.ts';
import { SlowStart } from './slow-start.ts';
import type { FleetStatus } from './status.ts';
import type { FleetStore } from './store.ts';
import { StoreLine } from './store-line.ts';
import { type News, Ticks } from './ticks.ts';
import { within } from './within.ts';
import { Words } from './words.ts';

/** The membership of a registry in a fleet: it tells the store what happens here, and the circuits what happens elsewhere. */
export class Member implements Membership {
  readonly #parts: FleetParts;
  readonly #actor: MemberActor;
  readonly #circuits: SharedCircuits;
  readonly #rulings: Rulings;
  readonly #words: Words;
  readonly #leases: Leases;
  readonly #orders: Orders;
  readonly #ticks: Ticks;
  readonly #slowStart: SlowStart;
  readonly #removeStep: () => void;
  readonly #listening: Listening;
  #votes = 0;
  #state: FleetState = 'joining';
  /** When the data of the store began. */
  #born: string | undefined;
  #isTicking = false;
  #leaving: Promise<void> | undefined;

  constructor(registry: RegistryParts, store: FleetStore, settings: FleetSettings) {
    const { namespace, member, pollMs, deadlineMs } = settings;
    const { clock, parent, seat, steps, chance } = registry;
    // Shorter than a poll, so that a question that is not answered ends before the next one.
    const line = new StoreLine(store, clock, Math.max(0.9 * pollMs, 4 * deadlineMs), seat.storeWatchers);
    this.#parts = {
      registry,
      settings,
      line,
      keys: new Keys(namespace),
      tell: (news) => {
        if (!registry.circuits.isStopped) parent.send({ type: 'FLEET_NEWS', news });
      },
    };
    const mayTell = (): boolean => this.#state === 'connected';
    const onChange = (change: Change | undefined, serverNow?: number): void =>
      this.#onChange(change, serverNow);
    this.#circuits = new SharedCircuits(settings.isShared);
    this.#slowStart = new SlowStart(clock, (isIdle) => steps.setIdle(this.#slowStart, isIdle));
    this.#rulings = new Rulings(this.#parts, this.#circuits, this.#slowStart);
    this.#listening = new Listening(this.#parts, (message) => onChange(readChange(message)));
    this.#words = new Words(this.#parts, {
      mayTell,
      onChange,
      epochOf: ({ id, circuit }) => this.#rulings.epochOf(id) ?? circuit.latest.context.fleet?.epoch ?? 0,
    });
    this.#leases = new Leases(this.#parts, {
      words: this.#words,
      onChange,
      onClosed: (shared, change) => this.#onClosedInStore(shared, change),
    });
    this.#orders = new Orders(this.#parts, {
      circuits: this.#circuits,
      mayTell,
      epochOf: (id) => this.#rulings.epochOf(id) ?? 0,
    });
    this.#ticks = new Ticks(this.#parts, this.#circuits);
    this.#removeStep = steps.add(this.#slowStart);
    steps.setIdle(this.#slowStart, true);
    seat.membership = this;
    for (const circuit of registry.circuits.all()) this.onSpawned(circuit);
    this.#actor = new MemberActor(
      { id: 'fleet', parent, input: { namespace, member, pollMs, chance } },
      () => parent.isInspected,
    );
    this.#actor.on('storeIsDue', () => void this.#tick());
    this.#actor.subscribe(({ value }) => this.#onMembership(value));
    this.#actor.start();
  }

  counts(): FleetCounts {
    const { line } = this.#parts;
    return {
      votes: this.#votes,
      ...this.#rulings.counts,
      leasesAsked: this.#leases.asked,
      leasesGranted: this.#leases.granted,
      storeCalls: line.calls,
      storeMisses: line.misses,
      degradations: this.#actor.getSnapshot().context.degradations,
    };
  }

  status(): FleetStatus {
    const { namespace, member, misses, lastMiss } = this.#actor.getSnapshot().context;
    const now = this.#now();
    const verdicts = Array.from(this.#rulings.open(), ({ id, name, epoch, until }) => {
      const shared = this.#circuits.get(id);
      return {
        tool: shared?.circuit.id ?? name,
        epoch,
        leftMs: Math.max(0, until - now),
        isLeaseHeld: shared?.lease !== undefined,
      };
    });
    return { state: this.#state, namespace, member, misses, lastMiss, verdicts, ...this.counts() };
  }

  onSpawned(circuit: Circuit): void {
    const shared = this.#circuits.add(circuit);
    if (shared === undefined) return;
    this.#rulings.send(shared);
    this.#orders.onSpawned(shared);
    // It was restored open, or has tripped before the registry joined.
    if (shared.isOwnTrip) this.#vote(shared);
  }

  onForgotten(circuit: Circuit): void {
    const shared = this.#circuits.forget(circuit);
    if (shared === undefined) return;
    this.#slowStart.end(circuit.id);
    this.#leases.settle(shared, 'released');
  }

  onState(circuit: Circuit, state: CircuitState): void {
    const shared = this.#circuits.of(circuit);
    if (shared === undefined || this.#leaving !== undefined) return;
    const { openCount, fleet } = circuit.latest.context;
    const hasTripped = openCount > shared.openCount;
    shared.openCount = openCount;
    if (state === 'open' && hasTripped) {
      this.#votes += 1;
      if (shared.lease === undefined) this.#vote(shared);
      else this.#leases.settle(shared, 'fails');
    }
    if (state !== 'closed') return;
    if (shared.lease !== undefined) this.#leases.settleClosed(shared);
    else if (shared.hasVoted) this.#words.say(shared, { says: 'works' });
    // It was released from isolation, or reset: then what the fleet has decided still holds.
    if (fleet === null) this.#rulings.send(shared);
  }

  onVerdict(circuit: Circuit): void {
    const { fleet } = circuit.latest.context;
    if (!isHeld(fleet) || fleet.lease !== 'asked' || this.#leaving !== undefined) return;
    const shared = this.#circuits.of(circuit);
    if (shared !== undefined) void this.#leases.ask(shared);
  }

  onStopped(): void {
    void this.leave();
  }

  get isDegraded(): boolean {
    return this.#state === 'degraded';
  }

  get holdsAny(): boolean {
    return this.#rulings.openCount > 0;
  }

  awaited(tool: string, key: string | null, upstream: string | undefined): Promise<void> | undefined {
    const { circuits } = this.#parts.registry;
    const due = (circuit: Circuit | undefined): Promise<void> | undefined => {
      const shared = circuit && this.#circuits.of(circuit);
      return shared && this.#leases.due(shared);
    };
    // A circuit that starts only now learns at its start what the fleet holds open.
    const isHeldUnseen = (): boolean => this.#rulings.holds(idOf(circuitName(tool, key)));
    const circuit = circuits.get(tool, key) ?? (isHeldUnseen() ? circuits.use(tool, key) : undefined);
    const other = upstream ?? circuit?.upstream;
    const ofTool = due(circuit);
    const ofUpstream = other === undefined ? undefined : due(circuits.get(other));
    return ofTool && ofUpstream ? ofTool.then(() => ofUpstream) : (ofTool ?? ofUpstream);
  }

  order(tool: string, key: string | null, word: FleetOrder, forMs: number | undefined): void {
    this.#orders.give(tool, key, word, forMs);
  }

  /** Leaves the fleet: its verdicts are over here, its leases are given back, local rules hold. Never rejects. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    const { registry, settings, line, keys } = this.#parts;
    const wasConnected = this.#state === 'connected';
    if (registry.seat.membership === this) registry.seat.membership = undefined;
    this.#removeStep();
    registry.steps.setIdle(this.#slowStart, false);
    for (const shared of this.#circuits) {
      this.#leases.settle(shared, 'released');
      if (!registry.circuits.isStopped && shared.circuit.latest.context.fleet !== null) {
        shared.circuit.send({ type: 'FLEET_LOST', extraMs: 0, at: this.#now() });
      }
    }
    if (!registry.circuits.isStopped) this.#orders.leave();
    const said: Promise<unknown> = wasConnected
      ? Promise.all([this.#words.flush(), line.ask(leave, [keys.members], [settings.member], () => {})])
      : Promise.resolve();
    this.#actor.send({ type: registry.circuits.isStopped ? 'REGISTRY_STOPPED' : 'LEAVE' });
    this.#listening.end();
    await within(registry.clock, settings.deadlineMs, said, true);
  }

  async #tick(): Promise<void> {
    if (this.#isTicking || this.#leaving !== undefined) return;
    this.#isTicking = true;
    let mayBeMore = false;
    const answer = await this.#ticks.tick((news) => {
      if (this.#leaving === undefined) this.#onNews(news);
      mayBeMore = news.mayBeMore;
    });
    this.#isTicking = false;
    if (this.#leaving !== undefined) return;
    if (!answer.isAnswered) {
      this.#actor.send({ type: 'STORE_MISSED', reason: answer.reason });
      return;
    }
    if (mayBeMore) void this.#tick();
    this.#listening.begin();
    for (const shared of this.#circuits) this.#leases.lookAfter(shared);
    void this.#words.flush();
    void this.#orders.flush();
  }

  #onNews({ serverNow, born, changes, orders, signs }: News): void {
    for (const { shared, word } of signs) {
      if (word !== 'works') continue;
      shared.hasVoted = false;
      this.#words.wasSaid(shared, 'works');
    }
    if (this.#born !== undefined && this.#born !== born) this.#onReborn(born);
    this.#born = born;
    for (const text of changes) {
      const change = readChange(text);
      if (change?.kind === 'verdict') this.#rulings.onChange(change, serverNow);
      // From the beginning on, orders are read off the list of those that are in force.
      else if (change !== undefined && orders === undefined) this.#orders.onChange(change, serverNow);
    }
    if (orders !== undefined) this.#orders.onList(orders, serverNow);
    this.#rulings.endOver();
    this.#slowStart.endOver();
    this.#actor.send({ type: 'STORE_ANSWERED' });
  }

  /** The store has lost its data: what was open for all is so no more, and what has tripped here is voted on again. */
  #onReborn(born: string): void {
    this.#rulings.endBefore(Number.parseFloat(born));
    this.#ticks.startOver();
    this.#orders.repeat();
    this.#voteForOwnTrips();
  }

  #onMembership(state: FleetState): void {
    const before = this.#state;
    this.#state = state;
    if (state === before) return;
    if (state === 'degraded') {
      this.#rulings.fallBack();
      this.#ticks.startOver();
    } else if (state === 'connected' && before === 'degraded') this.#voteForOwnTrips();
  }

  #vote(shared: SharedCircuit): void {
    this.#words.say(shared, { says: 'trips', hasWaited: false });
  }

  #voteForOwnTrips(): void {
    for (const shared of this.#circuits) {
      if (shared.isOwnTrip && shared.word === undefined) this.#vote(shared);
    }
  }

  #onChange(change: Change | undefined, serverNow = change?.at ?? 0): void {
    if (change === undefined || this.#leaving !== undefined) return;
    if (change.kind === 'verdict') this.#rulings.onChange(change, serverNow);
    else this.#orders.onChange(change, serverNow);
  }

  /** A question about the lease was answered: the circuit is not open for all. */
  #onClosedInStore(shared: SharedCircuit, change: Change | undefined): void {
    this.#onChange(change);
    this.#rulings.endOf(shared.id);
  }

  #now(): number {
    return this.#parts.registry.clock.now();
  }
}
