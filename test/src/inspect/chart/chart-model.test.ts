import { toolCircuitMachine, toolRegistryMachine } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { type ChartModel, chartModel, triggerWords } from '../../../../src/inspect/chart/index.ts';
import { guarded, machines, nested, parallel } from './machines.ts';

const told = ({ transitions }: ChartModel, source: string): string[] =>
  transitions
    .filter((each) => each.source === source)
    .map(
      ({ trigger, guard, targets }) =>
        `${triggerWords(trigger)}${guard === null ? '' : ` [${guard}]`} -> ${targets.join(' + ')}`,
    );

const find = ({ states }: ChartModel, id: string) => states.find((state) => state.id === id);

/** A config as Stately's inspector sends it, with sorted keys and functions by name. */
const wire = (config: unknown): string =>
  JSON.stringify(config, (_, value: unknown) => {
    if (typeof value === 'function') return { type: value.name };
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

describe('the model of a circuit', () => {
  const model = chartModel(toolCircuitMachine.config);

  it('has the root and the five states, of which closed is initial', () => {
    expect(model.states.map(({ id, isInitial }) => [id, isInitial])).toEqual([
      ['', false],
      ['closed', true],
      ['open', false],
      ['halfOpen', false],
      ['isolated', false],
      ['disabled', false],
    ]);
  });

  it('has its transitions in order, with guards as phrases, and `else` for the last alternative', () => {
    expect(told(model, 'open')).toEqual([
      'after backoff [lease is due] -> ',
      'after backoff [backoff has run out] -> halfOpen',
      'after backoff [else] -> open',
      'REQUEST [lease is due] -> open',
      'REQUEST [backoff has run out] -> halfOpen',
      'REQUEST [else] -> ',
      'SUCCESS [result is late] -> ',
      'SUCCESS [else] -> closed',
      'FAILURE [result is late] -> ',
      'FAILURE [category is ignored] -> ',
      'FAILURE [else] -> open',
      'RESUME -> open',
      'RESET -> closed',
      'ISOLATE -> isolated',
      'DISABLE -> disabled',
      'CLOSE -> closed',
      'OBSERVE -> closed',
      'FLEET_OPENED [verdict is old] -> ',
      'FLEET_OPENED [else] -> open',
      'FLEET_CLOSED [verdict is old] -> ',
      'FLEET_CLOSED [own trip holds] -> open',
      'FLEET_CLOSED [else] -> closed',
      'FLEET_LOST [fleet holds] -> open',
      'LEASE_ASKED [fleet holds] -> open',
      'LEASE_GRANTED [fleet holds] -> halfOpen',
      'LEASE_REFUSED [fleet holds] -> open',
    ]);
  });

  it('names the actions of states and transitions', () => {
    expect(find(model, 'isolated')).toMatchObject({
      entry: ['reportState', 'awaitEndOfIsolation'],
      exit: ['awaitNoEndOfIsolation'],
    });
    const request = model.transitions.find(
      ({ source, targets, trigger }) =>
        source === 'open' && trigger.name === 'REQUEST' && targets.includes('halfOpen'),
    );
    expect(request?.actions).toEqual(['startProbing', 'takePlace']);
  });
});

describe('the model of any machine', () => {
  it('has eventless transitions, and those of any state of the registry', () => {
    const model = chartModel(toolRegistryMachine.config);
    expect(told(model, 'operational')).toContain('at once [too many are open] -> paused');
    expect(told(model, '')).toContain('STOP -> stopped');
    expect(find(model, 'stopped')?.kind).toBe('final');
  });

  it('finds targets among siblings and children, by the path from the root, and by id', () => {
    const model = chartModel(nested.config);
    expect(told(model, '')).toEqual(['CANCEL -> cancelled', 'TOUCH -> ']);
    expect(told(model, 'cart')).toEqual(['BUY -> payment', 'EXPRESS -> payment.wire']);
    expect(told(model, 'payment')).toEqual([
      'BACK -> cart',
      'RETRY -> payment.method',
      'AGAIN -> payment',
      'done -> shipped',
    ]);
    expect(told(model, 'payment.card')).toEqual(['after 1.5 min -> payment.method']);
    expect(told(model, 'payment.card.pin')).toContain('OK -> payment.paid');
    expect(told(model, 'cancelled')).toEqual(['UNDO -> payment.card.pin']);
  });

  it('distinguishes compound, parallel, final and history states, and their depths', () => {
    const model = chartModel(parallel.config);
    expect(model.states.map(({ id, kind, depth }) => `${depth} ${id} ${kind}`)).toEqual([
      '0  parallel',
      '1 text compound',
      '2 text.plain atomic',
      '2 text.bold atomic',
      '2 text.last deepHistory',
      '1 panel compound',
      '2 panel.closed atomic',
      '2 panel.open parallel',
      '3 panel.open.list compound',
      '4 panel.open.list.empty atomic',
      '4 panel.open.list.full atomic',
      '3 panel.open.scroll compound',
      '4 panel.open.scroll.top atomic',
      '4 panel.open.scroll.end final',
      '2 panel.before history',
    ]);
    expect(told(model, 'text.plain')).toContain('LINK -> text.bold + panel.open');
  });

  it('names actors, and the transitions for when they are done or fail', () => {
    const model = chartModel(guarded.config);
    expect(find(model, 'loading')?.invokes).toEqual(['fetchPage']);
    expect(told(model, 'loading')).toEqual(['fetchPage is done -> shown', 'fetchPage fails -> waiting']);
  });

  it('puts composed and unnamed guards into words', () => {
    const model = chartModel(guarded.config);
    expect(told(model, 'waiting')).toEqual([
      'at once [is ready and not has failed] -> shown',
      'after 1 min [has failed] -> gone',
      'after retry delay -> loading',
    ]);
    expect(told(model, 'shown')).toEqual([
      'GO [condition] -> loading',
      'GO [in loader.shown] -> gone',
      'GO [else] -> ',
      'STAY -> shown',
      'any event -> waiting',
    ]);
  });

  it.each(Object.entries(machines))(
    'is the same from Stately’s protocol except for the order: %s',
    (_, machine) => {
      const summary = (model: ChartModel): string[] =>
        model.states.flatMap(({ id, kind, isInitial }) => [
          `${id} ${kind} ${isInitial}`,
          // There, XState's own composed guards are only names.
          ...told(model, id).map((line) =>
            line.replace(/\[(is ready and.*|and|in .*|in a state)\]/, '[made of others]'),
          ),
        ]);
      expect(summary(chartModel(wire(machine.config))).sort()).toEqual(
        summary(chartModel(machine.config)).sort(),
      );
    },
  );

  it.each(Object.entries(machines))('is the same from toJSON(), which lacks `always`: %s', (_, machine) => {
    const changes = (model: ChartModel): string[] =>
      model.transitions
        .filter(({ trigger }) => trigger.kind !== 'always')
        .map(({ source, targets, trigger }) => `${source} ${triggerWords(trigger)} ${targets.join()}`)
        .sort();
    expect(changes(chartModel(machine.toJSON()))).toEqual(changes(chartModel(machine.config)));
  });

  it('leaves out parts that the protocol has cut off', () => {
    const model = chartModel(
      '{"id":"deep","initial":"a","states":{"a":{"on":{"GO":"[Array]"},"entry":"[Array]"},"b":"[Object]"}}',
    );
    expect(model.states.map(({ id }) => id)).toEqual(['', 'a', 'b']);
    expect(model.transitions).toEqual([]);
  });

  it('escapes a dot in the name of a state', () => {
    const model = chartModel({ states: { 'a.b': { on: { GO: 'c' } }, a: { states: { b: {} } }, c: {} } });
    expect(model.states.map(({ id }) => id)).toEqual(['', 'a\\.b', 'a', 'a.b', 'c']);
    expect(told(model, 'a\\.b')).toEqual(['GO -> c']);
  });
});

describe('an invalid definition', () => {
  it.each([
    [null, 'definition must be that of a machine, got null'],
    [7, 'definition must be that of a machine, got number'],
    [[], 'definition must be that of a machine, got an array'],
    ['[1]', 'definition must be that of a machine, got an array'],
    ['{', /^definition must be that of a machine, as JSON: /],
    [
      { id: 'm', states: { a: { on: { GO: 'nowhere' } } } },
      'a transition of "m.a" has the target "nowhere", which is not a state',
    ],
    [
      { id: 'm', on: { GO: '#other.a' } },
      'a transition of "m" has the target "#other.a", which is not a state',
    ],
  ])('is refused: %j', (definition, message) => {
    expect(() => chartModel(definition)).toThrow(message);
  });
});
