import { createToolRegistry } from 'toolfuse';
import { expect, it } from 'vitest';
import { pauseBehavior } from '../../../src/openai-agents/pause-behavior.ts';

const circle: { self?: unknown } = {};
circle.self = circle;

it.each([
  ['a text', 'found', 'found'],
  ['an object', { hits: 1 }, '{"hits":1}'],
  ['nothing', undefined, 'undefined'],
  ['a bigint', 10n, '10'],
  ['a circle', circle, '[object Object]'],
])('a run that stops at its first tool ends with what that returned: %s', async (_, output, text) => {
  const behavior = pauseBehavior(createToolRegistry(), 'stop_on_first_tool');
  const result = { type: 'function_output', tool: { name: 'search' }, output };
  expect(await behavior(undefined, [result])).toMatchObject({ isFinalOutput: true, finalOutput: text });
});
