import type { AskedCall, EndedCall, LoopMemory } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import {
  loopOf,
  memoryAfter,
  memoryAfterRefusal,
  nothingRepeated,
  refusedFor,
  worstLoop,
} from '../../machines/loop-memory.ts';

const success = (tool: string, input: string | null, outcome: string | null = 'x'): EndedCall => ({
  tool,
  input,
  outcome,
  ended: 'success',
  mistake: null,
  said: null,
});

const mistake = (tool: string, input: string, { mistake = 'm', said = 'wrong' } = {}): EndedCall => ({
  tool,
  input,
  outcome: said,
  ended: 'mistake',
  mistake,
  said,
});

const unknownTool = (tool: string, said = `no ${tool}`): EndedCall => ({
  tool,
  input: '1',
  outcome: said,
  ended: 'unknownTool',
  mistake: null,
  said,
});

const memoryOf = (...calls: EndedCall[]): LoopMemory => calls.reduce(memoryAfter, nothingRepeated);

const times = <Item>(count: number, item: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => item(index));

/** Refuses a call as a run does, which it must be refused for. */
function refuse(memory: LoopMemory, asked: AskedCall, denyAfter = 2): LoopMemory {
  const loop = refusedFor(memory, asked, denyAfter);
  expect(loop).not.toBeNull();
  return loop ? memoryAfterRefusal(memory, asked, loop) : memory;
}

describe('calls of tools that do not exist', () => {
  it('are counted whatever their names, of which each is kept once', () => {
    const memory = memoryOf(...['a', 'b', 'c', 'a'].map((name) => unknownTool(name)));
    const endings = ['no b', 'no c', 'no a'];
    expect(memory.unknown).toEqual({ count: 4, names: ['b', 'c', 'a'], endings });
    expect(worstLoop(memory)).toEqual({ kind: 'unknownTool', tool: 'a', count: 4, endings });
  });

  it('are kept by their last 16 names and 3 endings', () => {
    const { unknown } = memoryOf(...times(20, (index) => unknownTool(`t${index}`)));
    expect(unknown).toEqual({
      count: 20,
      names: times(16, (index) => `t${index + 4}`),
      endings: ['no t17', 'no t18', 'no t19'],
    });
  });

  it('are refused by name, and a refusal counts', () => {
    const memory = memoryOf(unknownTool('a'), unknownTool('b'));
    expect(refusedFor(memory, { tool: 'c', input: '1' }, 2)).toBeNull();
    expect(refusedFor(memory, { tool: 'a', input: '1' }, 3)).toBeNull();
    expect(refuse(memory, { tool: 'a', input: '2' }).unknown).toEqual({
      count: 3,
      names: ['a', 'b'],
      endings: ['no a', 'no b'],
    });
  });

  it('change nothing of what else is repeated, and are forgotten with the next call of any other kind', () => {
    const memory = memoryOf(success('s', '1'), success('s', '1'), unknownTool('a'));
    expect(memory.cycle).toMatchObject([{ tool: 's', count: 2 }]);
    expect(memoryAfter(memory, success('s', '1'))).toMatchObject({ cycle: [{ count: 3 }], unknown: null });
  });
});

describe('the same mistake with one tool', () => {
  it('is counted whatever the input, with the last 16 inputs and 3 endings', () => {
    const memory = memoryOf(...times(20, (index) => mistake('edit', `${index}`, { said: `wrong ${index}` })));
    expect(memory.mistakes).toEqual([
      {
        tool: 'edit',
        mistake: 'm',
        count: 20,
        inputs: times(16, (index) => `${index + 4}`),
        endings: ['wrong 17', 'wrong 18', 'wrong 19'],
        wasRefused: false,
        lastCall: 20,
      },
    ]);
  });

  it('is counted when it is refused, where the tool has made it most often', () => {
    const memory = memoryOf(
      mistake('edit', '1'),
      mistake('edit', '2', { mistake: 'n' }),
      mistake('edit', '3', { mistake: 'n' }),
      mistake('other', '4', { mistake: 'n' }),
      mistake('other', '5', { mistake: 'n' }),
      mistake('other', '6', { mistake: 'n' }),
      mistake('third', '7'),
      mistake('third', '8'),
    );
    const counts = ({ mistakes }: LoopMemory) =>
      mistakes.map(({ tool, mistake, count, wasRefused }) => [tool, mistake, count, wasRefused]);
    expect(counts(refuse(memory, { tool: 'edit', input: '9' }))).toEqual([
      ['edit', 'm', 1, false],
      ['edit', 'n', 3, true],
      ['other', 'n', 3, false],
      ['third', 'm', 2, false],
    ]);
  });

  it('is another one with another tool, and so is another one with the same tool', () => {
    const memory = memoryOf(...times(3, (index) => mistake('edit', `${index}`)));
    const [first] = memoryOf(mistake('edit', '1')).mistakes;
    expect(first?.inputs).toEqual(['1']);
    expect(loopOf(memory, mistake('edit', '2'))).toMatchObject({
      kind: 'sameMistake',
      tool: 'edit',
      count: 3,
    });
    for (const other of [mistake('write', '9'), mistake('edit', '9', { mistake: 'n' })]) {
      expect(loopOf(memoryAfter(memory, other), other)).toBeNull();
    }
    expect(refusedFor(memory, { tool: 'write', input: '9' }, 2)).toBeNull();
    expect(refusedFor(memory, { tool: 'edit', input: '9' }, 2)).toMatchObject({
      kind: 'sameMistake',
      count: 3,
    });
  });

  it('is refused right after a refusal only for inputs that have led to it', () => {
    const memory = refuse(memoryOf(mistake('edit', '1'), mistake('edit', '2')), { tool: 'edit', input: '3' });
    expect(refusedFor(memory, { tool: 'edit', input: '4' }, 2)).toBeNull();
    expect(refusedFor(memory, { tool: 'edit', input: null }, 2)).toBeNull();
    expect(refusedFor(memory, { tool: 'edit', input: '1' }, 2)).toMatchObject({ count: 3 });
    expect(
      refusedFor(memoryAfter(memory, mistake('edit', '4')), { tool: 'edit', input: '5' }, 2),
    ).toMatchObject({ kind: 'sameMistake', count: 4 });
  });

  it('is forgotten after a success of the tool, or after 20 other calls', () => {
    const once = memoryOf(mistake('edit', '1'));
    expect(memoryAfter(once, success('other', '1')).mistakes).toHaveLength(1);
    expect(memoryAfter(once, success('edit', '1')).mistakes).toEqual([]);
    const other = times(20, (index) => success('other', `${index}`));
    expect(other.slice(0, 19).reduce(memoryAfter, once).mistakes).toHaveLength(1);
    expect(other.reduce(memoryAfter, once).mistakes).toHaveLength(1);
    expect([...other, success('other', 'x')].reduce(memoryAfter, once).mistakes).toEqual([]);
  });
});

describe('the same call', () => {
  it('is counted with its last 3 endings, and again when it is refused, others beside it not', () => {
    const failure = (said: string): EndedCall => ({
      ...mistake('s', '1', { said }),
      outcome: 'x',
      mistake: null,
    });
    const memory = memoryOf(success('s', '2'), ...['a', 'b', 'c', 'd'].map(failure));
    expect(loopOf(memory, failure('d'))).toEqual({
      kind: 'sameCall',
      tool: 's',
      count: 4,
      endings: ['b', 'c', 'd'],
    });
    expect(refuse(memory, { tool: 's', input: '1' }).cycle).toMatchObject([{ count: 1 }, { count: 5 }]);
    expect(refusedFor(memory, { tool: 's', input: '2' }, 2)).toBeNull();
    expect(refusedFor(memory, { tool: 't', input: '1' }, 2)).toBeNull();
  });

  it('is no repetition where its input or its outcome is unknown', () => {
    expect(memoryOf(success('s', null), success('s', null)).cycle).toEqual([]);
    expect(memoryOf(success('s', '1', null), success('s', '1', null)).cycle).toEqual([]);
    expect(worstLoop(memoryOf(success('s', '1')))).toBeNull();
    expect(loopOf(memoryOf(success('s', '1')), success('s', '1'))).toBeNull();
  });

  it('is another one with another tool', () => {
    const inTurn = memoryOf(...times(4, (index) => success(index % 2 === 0 ? 's' : 't', '1')));
    expect(inTurn.cycle).toMatchObject([
      { tool: 's', count: 2 },
      { tool: 't', count: 2 },
    ]);
    expect(refuse(inTurn, { tool: 's', input: '1' }).cycle).toMatchObject([
      { tool: 's', count: 3 },
      { tool: 't', count: 2 },
    ]);
    expect(worstLoop(memoryOf(success('s', '1'), success('t', '1')))).toBeNull();
  });

  it('is not repeated by a call of a tool that does not exist', () => {
    const memory = memoryOf(success('s', '1'), success('s', '1'), unknownTool('a'));
    expect(loopOf(memory, unknownTool('a'))).toBeNull();
    expect(loopOf(memoryAfter(memory, unknownTool('a')), unknownTool('a'))).toMatchObject({
      kind: 'unknownTool',
      tool: 'a',
      count: 2,
    });
  });

  it('is not repeated by one of its tool that comes after the tool has gone', () => {
    const memory = memoryOf(success('s', '1'), success('s', '1'), unknownTool('s'));
    expect(loopOf(memory, unknownTool('s'))).toBeNull();
  });

  it('takes turns with up to three others, and is then a loop of another kind', () => {
    const turn = (size: number) => times(size, (index) => success('s', `${index}`));
    expect(worstLoop(memoryOf(...turn(4), ...turn(4)))).toMatchObject({ kind: 'inTurn', count: 2 });
    expect(worstLoop(memoryOf(...turn(5), ...turn(5)))).toBeNull();
    const memory = memoryOf(...turn(2), ...turn(2));
    expect(loopOf(memory, success('s', '1'))).toMatchObject({ kind: 'inTurn', tool: 's', count: 2 });
    expect(refusedFor(memory, { tool: 's', input: '0' }, 2)).toMatchObject({ kind: 'inTurn', count: 2 });
  });

  it('that takes turns is repeated as often as it was made, and not as often as another one', () => {
    const memory = memoryOf(...['0', '1', '0', '0', '0', '1'].map((input) => success('s', input)));
    expect(worstLoop(memory)).toMatchObject({ kind: 'inTurn', count: 4 });
    expect(loopOf(memory, success('s', '1'))).toMatchObject({ kind: 'inTurn', count: 2 });
  });
});
