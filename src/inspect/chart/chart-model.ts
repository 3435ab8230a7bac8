import { entriesOf, type Fields, isFields, listOf, nameOf, targetName, textOf } from './definition.ts';
import { guardPhrase } from './guard-phrase.ts';
import { joinedPath, StateNames } from './state-names.ts';
import { type ChartTrigger, triggerOf } from './trigger.ts';

/** A state of a chart. */
export interface ChartState {
  /** Its path from the root, `paused.waiting`; the root's own is empty. A dot in a key is `\.`. */
  readonly id: string;
  /** Its key in the machine; the root has the machine's id. */
  readonly key: string;
  /** The id of the state that contains it; null for the root. */
  readonly parent: string | null;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history' | 'deepHistory';
  /** Whether it is its parent's initial state. */
  readonly isInitial: boolean;
  /** Its nesting depth; 0 for the root. */
  readonly depth: number;
  /** The ids of its child states. */
  readonly children: readonly string[];
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  /** The actors that it invokes while it is active. */
  readonly invokes: readonly string[];
  readonly description: string | null;
}

/** A transition of a chart. */
export interface ChartTransition {
  readonly id: string;
  /** The id of the state that it leaves. */
  readonly source: string;
  /** The ids of the states that it enters; empty if it does not change the state. */
  readonly targets: readonly string[];
  readonly trigger: ChartTrigger;
  /** Its guard in words; `else` if it follows guarded alternatives; null if it has none. */
  readonly guard: string | null;
  readonly actions: readonly string[];
  /** Whether it exits and re-enters the states that it stays in. */
  readonly reenter: boolean;
}

/** A machine as plain data, ready to be drawn. */
export interface ChartModel {
  /** The machine's id. */
  readonly id: string;
  /** All states: the root first, and each state before its children. */
  readonly states: readonly ChartState[];
  readonly transitions: readonly ChartTransition[];
}

/** Actions that XState adds in `toJSON()` for things that are drawn in another way. */
const isMadeUp = (name: string): boolean => /^xstate\.(raise|cancel|invoke|stop)/.test(name);

const actionNames = (value: unknown): string[] =>
  listOf(value)
    .map(nameOf)
    .filter((name) => name !== '' && !isMadeUp(name));

function kindOf(state: Fields): ChartState['kind'] {
  if (state.type === 'parallel' || state.type === 'final') return state.type;
  if (state.type === 'history') return state.history === 'deep' ? 'deepHistory' : 'history';
  return entriesOf(state.states).length > 0 ? 'compound' : 'atomic';
}

/** The key of a compound state's initial child. */
function firstChild({ initial }: Fields): string | undefined {
  const target = targetName(isFields(initial) ? listOf(initial.target)[0] : initial);
  // The full form, `#machine.state.child`, ends with the key.
  if (target?.startsWith('#')) return target.split('.').at(-1);
  return target?.replace(/^\./, '').split('.')[0];
}

/** The name of an invoked actor: its id, unless XState derived that from the state's name. */
function actorName(invoke: unknown, stateName: string): string {
  if (!isFields(invoke)) return nameOf(invoke) || 'actor';
  const id = textOf(invoke.id);
  return (id?.endsWith(`.${stateName}`) ? undefined : id) || nameOf(invoke.src) || 'actor';
}

/** Reads one definition, first the states and then the transitions between them. */
class Reader {
  readonly states: ChartState[] = [];
  readonly transitions: ChartTransition[] = [];
  readonly #names: StateNames;
  readonly #definitions: Fields[] = [];

  constructor(machineId: string) {
    this.#names = new StateNames(machineId);
  }

  addState(definition: Fields, key: string, parent: ChartState | null, isInitial: boolean): void {
    const id = parent === null ? '' : joinedPath(parent.id, key);
    const parts = entriesOf(definition.states);
    this.#names.add(id, textOf(definition.id));
    const name = this.#names.nameOf(id);
    const state: ChartState = {
      id,
      key,
      parent: parent?.id ?? null,
      kind: kindOf(definition),
      isInitial,
      depth: parent === null ? 0 : parent.depth + 1,
      children: parts.map(([child]) => joinedPath(id, child)),
      entry: actionNames(definition.entry),
      exit: actionNames(definition.exit),
      invokes: listOf(definition.invoke).map((invoke) => actorName(invoke, name)),
      description: textOf(definition.description) ?? null,
    };
    this.states.push(state);
    this.#definitions.push(definition);
    const first = state.kind === 'compound' ? firstChild(definition) : undefined;
    for (const [child, part] of parts) {
      this.addState(isFields(part) ? part : {}, child, state, child === first);
    }
  }

  addTransitions(): void {
    for (const [index, state] of this.states.entries()) this.#addFrom(state, this.#definitions[index] ?? {});
  }

  #addFrom(state: ChartState, definition: Fields): void {
    const name = this.#names.nameOf(state.id);
    const invokes = listOf(definition.invoke);
    this.#add(state, { kind: 'always', name: '' }, definition.always);
    for (const [delay, part] of entriesOf(definition.after))
      this.#add(state, { kind: 'after', name: delay }, part);
    for (const [type, part] of entriesOf(definition.on)) {
      const trigger = triggerOf(type, name);
      const invoke = invokes.find((each) => isFields(each) && each.id === trigger.name);
      this.#add(state, invoke === undefined ? trigger : { ...trigger, name: actorName(invoke, name) }, part);
    }
    this.#add(state, { kind: 'done', name: '' }, definition.onDone);
    // In `toJSON()`, delayed transitions are among the events.
    if (Array.isArray(definition.transitions)) return;
    for (const invoke of invokes.filter(isFields)) {
      const actor = actorName(invoke, name);
      this.#add(state, { kind: 'done', name: actor }, invoke.onDone);
      this.#add(state, { kind: 'error', name: actor }, invoke.onError);
      this.#add(state, { kind: 'snapshot', name: actor }, invoke.onSnapshot);
    }
  }

  #add(state: ChartState, trigger: ChartTrigger, transitions: unknown): void {
    let isGuardedBefore = false;
    for (const transition of listOf(transitions)) {
      const fields: Fields = isFields(transition) ? transition : { target: transition };
      const isGuarded = fields.guard !== undefined && fields.guard !== null;
      this.transitions.push({
        id: `t${this.transitions.length}`,
        source: state.id,
        targets: listOf(fields.target).flatMap((target) => {
          const name = targetName(target);
          return name === undefined ? [] : this.#names.targetOf(name, state.id);
        }),
        trigger,
        guard: isGuarded ? guardPhrase(fields.guard) : isGuardedBefore ? 'else' : null,
        actions: actionNames(fields.actions),
        reenter: fields.reenter === true,
      });
      isGuardedBefore ||= isGuarded;
    }
  }
}

/**
 * Reads the definition of any XState v5 machine: its `config`, its `toJSON()`, or either as JSON, as in Stately's protocol.
 * Prefer `config`, because `toJSON()` lacks the `always` transitions.
 *
 * @throws TypeError for an invalid definition, RangeError for a target that does not exist; both name it.
 */
export function chartModel(definition: unknown): ChartModel {
  const fields = typeof definition === 'string' ? parsed(definition) : definition;
  if (!isFields(fields)) {
    throw new TypeError(`definition must be that of a machine, got ${kindOfValue(fields)}`);
  }
  const id = textOf(fields.id) ?? textOf(fields.key) ?? '(machine)';
  const reader = new Reader(id);
  reader.addState(fields, id, null, false);
  reader.addTransitions();
  return { id, states: reader.states, transitions: reader.transitions };
}

function kindOfValue(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new TypeError(`definition must be that of a machine, as JSON: ${(error as Error).message}`);
  }
}
