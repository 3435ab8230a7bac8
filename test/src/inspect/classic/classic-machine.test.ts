import { toolCircuitMachine } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate-v4';
import { chartModel } from '../../../../src/inspect/chart/index.ts';
import {
  classicEventType,
  classicMachine,
  stateNames,
} from '../../../../src/inspect/classic/classic-machine.ts';
import { machines } from '../chart/machines.ts';

describe('a machine of v5, for v4', () => {
  it.each(Object.entries(machines))('is readable by v4, with the same transitions: %s', (_, machine) => {
    const model = chartModel(machine.config);
    const classic = createMachine(classicMachine(model) as never);
    const changes = Object.values(classic.stateIds.map((id) => classic.getStateNodeById(id))).flatMap(
      (state) =>
        state.transitions.flatMap(({ target, eventType }) =>
          (target ?? []).map((to) => `${state.id} ${eventType} ${to.id}`),
        ),
    );
    expect(changes).toHaveLength(model.transitions.flatMap(({ targets }) => targets).length);
    expect(classic.stateIds).toHaveLength(model.states.length);
  });

  it('starts in the same state, and takes the same transitions', () => {
    const classic = createMachine(classicMachine(chartModel(toolCircuitMachine.config)) as never);
    expect(classic.initial).toBe('closed');
    expect(classic.transition('closed', 'ISOLATE').value).toBe('isolated');
    expect(classic.transition('isolated', 'DISABLE').value).toBe('disabled');
  });

  it('has its guards as phrases, and its actions by name', () => {
    const { states } = classicMachine(chartModel(toolCircuitMachine.config)) as {
      states: { open: { on: { REQUEST: unknown } } };
    };
    expect(states.open.on.REQUEST).toEqual([
      {
        target: ['#toolCircuit.open'],
        cond: 'lease is due',
        actions: ['deny', 'awaitLease', 'reportDenial'],
        internal: false,
      },
      {
        target: ['#toolCircuit.halfOpen'],
        cond: 'backoff has run out',
        actions: ['startProbing', 'takePlace'],
        internal: false,
      },
      { actions: ['deny', 'reportDenial'], internal: true },
    ]);
  });
});

describe('an event of v5, for v4', () => {
  const names = stateNames(chartModel(machines['nested states']?.config));

  it.each([
    ['BUY', 'BUY'],
    ['xstate.init', 'xstate.init'],
    ['xstate.after.90000.checkout.payment.card', 'xstate.after(90000)#checkout.payment.card'],
    ['xstate.done.state.checkout.payment', 'done.state.checkout.payment'],
    ['xstate.done.actor.fetchPage', 'done.invoke.fetchPage'],
    ['xstate.error.actor.fetchPage', 'error.platform.fetchPage'],
  ])('%s is %s', (type, classic) => {
    expect(classicEventType(type, names)).toBe(classic);
  });
});
