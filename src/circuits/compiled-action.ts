import type { EventObject } from 'xstate';
import { asBuiltIn, type BuiltIn, isBuiltInGuard } from '../../machines/xstate-internals.ts';
import type { ChartMoment, Delay, Expression, Update } from './chart-moment.ts';

/** One action of a branch, ready to be run. */
export type Step = (moment: ChartMoment) => void;

/** The functions that a machine's names stand for. */
export interface Implementations {
  readonly actions: Readonly<Record<string, unknown>>;
  readonly guards: Readonly<Record<string, unknown>>;
  readonly delays: Readonly<Record<string, unknown>>;
}

/** A name with what it is given, as a machine's config has it. */
interface Named {
  readonly type: string;
  readonly params?: unknown;
}

const nothing = (): undefined => undefined;

/** What a name is given at a moment. */
function paramsOf(reference: unknown): (moment: ChartMoment) => unknown {
  if (typeof reference !== 'object' || reference === null) return nothing;
  const { params } = reference as Named;
  return typeof params === 'function' ? (params as (moment: ChartMoment) => unknown) : () => params;
}

function resolve(reference: unknown, implementations: Readonly<Record<string, unknown>>): unknown {
  if (typeof reference === 'function') return reference;
  return implementations[typeof reference === 'string' ? reference : (reference as Named).type];
}

/** The name of an action or guard, as it is listed. */
export function nameOf(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  if (typeof reference === 'object' && reference !== null) return (reference as Named).type;
  const builtIn = asBuiltIn(reference);
  if (builtIn?.type === 'xstate.raise') return `raise ${(builtIn.event as EventObject).type}`;
  if (builtIn?.type === 'xstate.cancel') return `cancel ${String(builtIn.sendId)}`;
  return builtIn?.type ?? 'a function';
}

/** A guard as a function of the moment; undefined for one that cannot be compiled. */
export function compileGuard(
  reference: unknown,
  { guards }: Implementations,
): ((moment: ChartMoment) => boolean) | undefined {
  if (reference === undefined) return () => true;
  const guard = resolve(reference, guards);
  if (typeof guard !== 'function' || isBuiltInGuard(guard)) return undefined;
  const check = guard as Expression<boolean>;
  if (typeof reference !== 'object') return check as (moment: ChartMoment) => boolean;
  const params = paramsOf(reference);
  return (moment) => check(moment, params(moment));
}

/** What an action assigns, where it is an `assign` and no more. */
export function assignmentOf(
  reference: unknown,
  { actions }: Implementations,
): ((moment: ChartMoment) => Update) | undefined {
  const builtIn = asBuiltIn(resolve(reference, actions));
  if (builtIn?.type !== 'xstate.assign' || typeof builtIn.assignment !== 'function') return undefined;
  const assignment = builtIn.assignment as Expression<Update>;
  const params = paramsOf(reference);
  return (moment) => assignment(moment, params(moment));
}

/** An action as a step; undefined for one that cannot be compiled, as a function that does anything at all. */
export function compileAction(reference: unknown, { actions, delays }: Implementations): Step | undefined {
  const builtIn = asBuiltIn(resolve(reference, actions));
  return builtIn && compileBuiltIn(builtIn, paramsOf(reference), delays);
}

function compileBuiltIn(
  action: BuiltIn,
  params: (moment: ChartMoment) => unknown,
  delays: Implementations['delays'],
): Step | undefined {
  switch (action.type) {
    case 'xstate.assign': {
      const assignment = action.assignment as Expression<Update> | Update;
      if (typeof assignment !== 'function') return (moment) => moment.assign(assignment, params(moment));
      return (moment) => moment.change(assignment(moment, params(moment)));
    }
    case 'xstate.emit': {
      const event = action.event as Expression<EventObject>;
      return typeof event === 'function' ? (moment) => moment.emit(event(moment, params(moment))) : undefined;
    }
    case 'xstate.raise': {
      const { event, id, delay } = action as { event: EventObject; id: string; delay: Delay };
      // An event without a delay would be processed within this one.
      if (typeof event === 'function' || !(typeof delay === 'number' || String(delay) in delays))
        return undefined;
      return (moment) => moment.raise(event, { id, delay });
    }
    case 'xstate.cancel': {
      const { sendId } = action;
      return typeof sendId === 'string' ? (moment) => moment.cancel(sendId) : undefined;
    }
    case 'xstate.enqueueActions': {
      const collect = action.collect as Expression<void>;
      return (moment) => collect(moment, params(moment));
    }
    default:
      return undefined;
  }
}
