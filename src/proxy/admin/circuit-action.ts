import type { ToolRegistry } from 'toolfuse';
import { aText, checkFields, oneOf, positiveMs, type Rules } from '../../../machines/rule.ts';

const actions = {
  isolate: (registry: ToolRegistry, tool: string, { forMs, by = 'an operator' }: Partial<Asked>) =>
    registry.isolate(tool, { forMs, by }),
  release: (registry: ToolRegistry, tool: string) => registry.release(tool),
  close: (registry: ToolRegistry, tool: string) => registry.forceClose(tool),
  disable: (registry: ToolRegistry, tool: string) => registry.disable(tool),
  observe: (registry: ToolRegistry, tool: string) => registry.setMode('observe', tool),
  enforce: (registry: ToolRegistry, tool: string) => registry.setMode('enforce', tool),
} as const;

/** What an operator asks for, as JSON: `{ "action": "isolate", "forMs": 60000 }`. */
interface Asked {
  readonly action: keyof typeof actions;
  /** How long to isolate the tool, in ms. Default: until it is released. */
  readonly forMs: number;
  /** Who isolates it. Default: `an operator`. */
  readonly by: string;
}

const rules: Rules<keyof Asked> = { action: oneOf(Object.keys(actions)), forMs: positiveMs, by: aText };

/** Does to a circuit what was asked for. @throws TypeError or RangeError for anything else, with the circuit unchanged. */
export function act(registry: ToolRegistry, tool: string, asked: unknown): void {
  const { action, forMs, by } = checkFields<Asked>(asked, rules, 'body');
  if (action === undefined) throw new TypeError(`body.action must be ${rules.action[0]}, got nothing`);
  if (forMs !== undefined && action !== 'isolate') throw new TypeError('body.forMs is for isolate only');
  if (by !== undefined && action !== 'isolate') throw new TypeError('body.by is for isolate only');
  actions[action](registry, tool, { ...(forMs !== undefined && { forMs }), ...(by !== undefined && { by }) });
}
