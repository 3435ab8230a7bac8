import { toolCircuitMachine, toolRegistryMachine } from 'toolfuse/machines';
import { type AnyStateMachine, and, createMachine, fromPromise, not, setup, stateIn } from 'xstate';

export const nested = createMachine({
  id: 'checkout',
  initial: 'cart',
  on: { CANCEL: '.cancelled', TOUCH: {} },
  states: {
    cart: { on: { BUY: 'payment', EXPRESS: '#wire' } },
    payment: {
      initial: 'method',
      onDone: 'shipped',
      on: { BACK: 'cart', RETRY: '.method', AGAIN: { target: 'payment', reenter: true } },
      states: {
        method: { on: { CARD: 'card', WIRE: 'wire' } },
        card: {
          initial: 'number',
          after: { 90000: 'method' },
          states: {
            number: { on: { NEXT: 'pin', GIVE_UP: '#checkout.cancelled' } },
            pin: { on: { OK: '#paid', BACK: 'number', OUT: '#checkout.payment' } },
          },
        },
        wire: { id: 'wire', on: { ARRIVED: 'paid' } },
        paid: { id: 'paid', type: 'final' },
      },
    },
    shipped: { type: 'final' },
    cancelled: { on: { UNDO: 'payment.card.pin' } },
  },
});

export const parallel = createMachine({
  id: 'editor',
  type: 'parallel',
  states: {
    text: {
      initial: 'plain',
      states: {
        plain: { on: { BOLD: 'bold', LINK: { target: ['#editor.text.bold', '#editor.panel.open'] } } },
        bold: { on: { PLAIN: 'plain' } },
        last: { type: 'history', history: 'deep' },
      },
    },
    panel: {
      initial: 'closed',
      on: { RESTORE: 'text.last' },
      states: {
        closed: { on: { TOGGLE: 'open' } },
        open: {
          type: 'parallel',
          on: { TOGGLE: 'closed' },
          states: {
            list: { initial: 'empty', states: { empty: { on: { ADD: 'full' } }, full: {} } },
            scroll: { initial: 'top', states: { top: { on: { DOWN: 'end' } }, end: { type: 'final' } } },
          },
        },
        before: { type: 'history' },
      },
    },
  },
});

export const guarded = setup({
  types: { events: {} as { type: 'GO' | 'STAY' | 'ANY' } },
  actors: { fetchPage: fromPromise(async () => 'page') },
  guards: { isReady: () => true, hasFailed: () => false },
  delays: { retryDelay: 250 },
  actions: { log: () => {} },
}).createMachine({
  id: 'loader',
  initial: 'loading',
  states: {
    loading: {
      entry: 'log',
      invoke: { src: 'fetchPage', onDone: 'shown', onError: { target: 'waiting', actions: 'log' } },
    },
    waiting: {
      after: { retryDelay: 'loading', 60000: { guard: 'hasFailed', target: 'gone' } },
      always: { guard: and(['isReady', not('hasFailed')]), target: 'shown' },
    },
    shown: {
      on: {
        GO: [
          { guard: ({ event }) => event.type === 'GO', target: 'loading' },
          { guard: stateIn('#loader.shown'), target: 'gone' },
          { actions: 'log' },
        ],
        STAY: { target: 'shown', reenter: true },
        '*': 'waiting',
      },
    },
    gone: { type: 'final' },
  },
});

const stateNames = Array.from({ length: 30 }, (_, index) => `step${index}`);

const many = createMachine({
  id: 'many',
  initial: 'step0',
  states: Object.fromEntries(
    stateNames.map((name, index) => [
      name,
      {
        on: {
          NEXT: stateNames[(index + 1) % 30],
          [`JUMP_${index}`]: stateNames[(index * 7 + 3) % 30],
          [`FALL_${index % 5}`]: stateNames[(index * index) % 30],
        },
      },
    ]),
  ),
});

const loops = createMachine({
  id: 'loops',
  initial: 'a',
  states: {
    a: { on: { SELF: 'a', AGAIN: { target: 'a', reenter: true }, NONE: {}, B: 'b', C: 'b', D: 'b' } },
    b: { on: { A: 'a', BACK: 'a' }, after: { 1000: 'b' } },
    alone: {},
  },
});

const long = createMachine({
  id: 'long',
  initial: 'a state with quite a name of its own, longer than any label',
  states: {
    'a state with quite a name of its own, longer than any label': {
      on: {
        'an.event.whose.name.is.longer.than.a.line.and.cannot.be.broken.anywhere': 'b',
        'an event of many words that can be broken, as they are many and have spaces between them': 'b',
      },
    },
    b: {
      on: {
        日本語のイベント名はとても長いことがあります:
          'a state with quite a name of its own, longer than any label',
      },
    },
  },
});

const insideOthers = (...targets: string[]) =>
  Object.fromEntries(targets.map((target) => [`TO_${target}`, target]));

const bundledInFrame = createMachine({
  id: 'player',
  initial: 'on',
  states: {
    off: { on: { SWITCH: 'on' } },
    on: {
      initial: 'stopped',
      on: { SWITCH: 'off' },
      states: {
        stopped: { on: insideOthers('playing', 'paused', 'winding') },
        playing: { on: insideOthers('stopped', 'paused', 'winding') },
        paused: { on: insideOthers('stopped', 'playing', 'winding') },
        winding: { on: insideOthers('stopped', 'playing', 'paused') },
      },
    },
  },
});

const alone = createMachine({ id: 'alone', on: { PING: { actions: 'answer' } } });

/** Machines by the difficulty that each presents. */
export const machines: Readonly<Record<string, AnyStateMachine>> = {
  'a circuit': toolCircuitMachine,
  'a registry': toolRegistryMachine,
  'nested states': nested,
  'parallel states': parallel,
  'guards, delays and actors': guarded,
  '30 states': many,
  loops,
  'long labels': long,
  'any other state in a frame': bundledInFrame,
  'no states': alone,
};
