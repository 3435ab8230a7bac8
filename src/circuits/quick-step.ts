import {
  contextWith,
  type Moment,
  type ToolCircuitContext,
  type ToolCircuitEvent,
} from '../../machines/circuit-context.ts';
import { outcomeOf, remembered, rules, updates } from '../../machines/circuit-rules.ts';
import { admitsAll, type CircuitState } from '../../machines/circuit-state.ts';
import type { ToolCircuitSnapshot } from '../../machines/tool-circuit.ts';
import { withContext } from './with-context.ts';

type Update = Partial<ToolCircuitContext>;

const nothing: Update = Object.freeze({});

/** The update by a result of a circuit that admits every call; undefined if it trips. */
function afterResult(moment: Moment): Update | undefined {
  const { context, event } = moment;
  if (rules.resultIsLate(moment)) return updates.countLateResult(moment);
  if (event.type === 'FAILURE' && rules.categoryIsIgnored(moment)) return nothing;
  const call = outcomeOf(moment);
  const memory = remembered(moment, call);
  if (context.config.trip.trips(memory, call, context.config)) return undefined;
  return call.isFailure ? updates.rememberFailure(moment, memory) : updates.rememberSuccess(moment, memory);
}

/** The update by a request of a circuit that refuses it; undefined if it is admitted. */
function afterRequest(state: CircuitState, moment: Moment): Update | undefined {
  const isRefused =
    (state === 'open' && !rules.backoffHasRunOut(moment)) ||
    (state === 'halfOpen' && !rules.placeIsFree(moment)) ||
    (state === 'isolated' && !rules.isolationHasRunOut(moment));
  return isRefused ? updates.deny(moment) : undefined;
}

/**
 * The snapshot after an event that does not change the state, by the chart's own rules but several times faster. Undefined
 * for any other event, which the chart must process. A test compares it with the chart.
 */
export function quickStep(
  snapshot: ToolCircuitSnapshot,
  event: ToolCircuitEvent,
): ToolCircuitSnapshot | undefined {
  const state = snapshot.value as CircuitState;
  const moment = { context: snapshot.context, event };
  let update: Update | undefined;
  if (event.type === 'REQUEST') update = afterRequest(state, moment);
  else if (event.type === 'SUCCESS' || event.type === 'FAILURE') {
    if (admitsAll(state)) update = afterResult(moment);
  }
  if (update === undefined) return undefined;
  return withContext(snapshot, contextWith(snapshot.context, update));
}
