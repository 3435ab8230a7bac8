import { circuitName } from '../../machines/circuit-name.ts';
import type { FleetOrder } from '../../machines/fleet-news.ts';
import { type Change, type OrderChange, readChange } from './change.ts';
import { idOf, shownName } from './keys.ts';
import { numeral } from './numeral.ts';
import { order } from './scripts/index.ts';
import type { FleetParts } from './settings.ts';
import type { SharedCircuit } from './shared-circuit.ts';
import type { SharedCircuits } from './shared-circuits.ts';

/** An order as it was given here. */
interface Given {
  readonly tool: string;
  readonly key: string | null;
  readonly word: FleetOrder;
  readonly forMs: number;
}

/** An order to all members, with its end in ms of the registry's clock; null if it has none. */
export interface StandingOrder {
  readonly order: FleetOrder;
  readonly name: string;
  /** When it was given, in ms of the server's clock: no two orders for one circuit have the same. */
  readonly at: number;
  readonly endsAt: number | null;
}

/** What happens with the orders of a member. */
export interface OrdersOptions {
  readonly circuits: SharedCircuits;
  readonly mayTell: () => boolean;
  readonly epochOf: (id: string) => number;
}

const lasts = (word: FleetOrder): boolean => word === 'isolate' || word === 'disable';

/** What operators have ordered for all members. */
export class Orders {
  readonly #parts: FleetParts;
  readonly #options: OrdersOptions;
  /** The orders in force, by id. */
  readonly #standing = new Map<string, StandingOrder>();
  /** The orders that were given here: each until it has been told, and those that last until they are released. */
  readonly #untold = new Map<string, Given>();
  readonly #issued = new Map<string, Given>();

  constructor(parts: FleetParts, options: OrdersOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  give(tool: string, key: string | null, word: FleetOrder, forMs = 0): void {
    const id = idOf(circuitName(tool, key));
    const given: Given = { tool, key, word, forMs };
    this.#untold.set(id, given);
    if (lasts(word)) this.#issued.set(id, given);
    else this.#issued.delete(id);
    void this.flush();
  }

  /** Tells the store what it has not been told. */
  async flush(): Promise<void> {
    if (!this.#options.mayTell()) return;
    await Promise.all(Array.from(this.#untold, ([id, given]) => this.#tell(id, given)));
  }

  /** The store has lost its data: what was ordered here is ordered again. */
  repeat(): void {
    for (const [id, given] of this.#issued) this.#untold.set(id, given);
  }

  /** A circuit has started: what was ordered before holds for it too. */
  onSpawned(shared: SharedCircuit): void {
    const standing = this.#standing.get(shared.id);
    if (standing !== undefined && !this.#isOver(standing)) this.#obey(shared, standing);
  }

  onChange(change: OrderChange, serverNow: number): void {
    const now = this.#parts.registry.clock.now();
    const known = this.#standing.get(change.id);
    if (known !== undefined && change.at <= known.at) return;
    const endsAt = change.until === 0 ? null : now + change.until - serverNow;
    const { order: word, name, at } = change;
    const standing: StandingOrder = { order: word, name, at, endsAt };
    if (this.#isOver(standing)) return;
    if (lasts(word)) this.#standing.set(change.id, standing);
    else this.#standing.delete(change.id);
    const shared = this.#options.circuits.get(change.id);
    this.#parts.tell({ type: 'fleet.ordered', tool: shared?.circuit.id ?? name, order: word });
    if (shared !== undefined) this.#obey(shared, standing);
    // It starts now, because what is refused for a whole tool is refused for its keys by the tool's own circuit.
    else if (lasts(word)) this.#start(change);
  }

  /** All orders in force, as the store lists them: what is not among them was released. */
  onList(texts: readonly unknown[], serverNow: number): void {
    const listed = texts.map(readChange).filter(isOrder);
    const ids = new Set(listed.map(({ id }) => id));
    for (const [id, { name }] of this.#standing) {
      if (ids.has(id) || this.#issued.has(id)) continue;
      const released = { kind: 'order', id, name, tool: name, key: null, order: 'release' } as const;
      this.onChange({ ...released, at: Infinity, until: 0 }, serverNow);
    }
    for (const change of listed) this.onChange(change, serverNow);
  }

  /** Undoes what was ordered, because this process goes by its own rules from now on. */
  leave(): void {
    for (const shared of this.#options.circuits) {
      if (shared.order !== undefined) shared.circuit.send({ type: 'RELEASE' });
    }
  }

  /** Starts the circuit that an order is for, which then obeys. The name of one that was cut is not known. */
  #start({ id, tool, key }: OrderChange): void {
    const { circuits } = this.#parts.registry;
    if (idOf(circuitName(tool, key)) === id && !circuits.isStopped) circuits.use(tool, key);
  }

  #isOver({ endsAt }: StandingOrder): boolean {
    return endsAt !== null && endsAt <= this.#parts.registry.clock.now();
  }

  #obey(shared: SharedCircuit, standing: StandingOrder): void {
    const { circuit, order: before } = shared;
    shared.order = undefined;
    switch (standing.order) {
      case 'isolate': {
        const at = this.#parts.registry.clock.now();
        const { endsAt } = standing;
        shared.order = standing;
        circuit.send({
          type: 'ISOLATE',
          at,
          by: 'the fleet',
          ...(endsAt !== null && { forMs: endsAt - at }),
        });
        // One that replaces another is not one more isolation.
        if (before?.order === 'isolate') circuit.send({ type: 'RELEASE' });
        return;
      }
      case 'disable':
        shared.order = standing;
        circuit.send({ type: 'DISABLE' });
        return;
      case 'release':
        if (before !== undefined) circuit.send({ type: 'RELEASE' });
        return;
      case 'close':
        circuit.send({ type: 'CLOSE' });
    }
  }

  async #tell(id: string, given: Given): Promise<void> {
    const { keys, line } = this.#parts;
    const { circuit, votes } = keys.of(id);
    const { tool, key, word, forMs } = given;
    const name = shownName(circuitName(tool, key));
    const known = numeral(this.#options.epochOf(id));
    const args = [id, name, keys.channel, word, numeral(forMs), known, shownName(tool), key ?? ''];
    const asked = [circuit, votes, keys.changes, keys.meta, keys.orders];
    const { isAnswered } = await line.ask(order, asked, args, (reply) => {
      const change = readChange(reply);
      if (change?.kind === 'order') this.onChange(change, change.at);
    });
    if (isAnswered && this.#untold.get(id) === given) this.#untold.delete(id);
  }
}

const isOrder = (change: Change | undefined): change is OrderChange => change?.kind === 'order';
