import { toolRegistryMachine } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { chartMermaid, chartModel } from '../../../../src/inspect/chart/index.ts';
import { parallel } from './machines.ts';

const mermaid = (definition: unknown): string => chartMermaid(chartModel(definition));

describe('a chart as mermaid', () => {
  it('has every change of state with its events, and guards in words', () => {
    expect(mermaid(toolRegistryMachine.config)).toBe(`stateDiagram-v2
  state "any state" as any_state
  [*] --> operational
  stopped --> [*]
  any_state --> stopped: STOP
  operational --> paused: at once [too many are open]
  paused --> operational: at once [enough have recovered], ACKNOWLEDGE
`);
  });

  it('nests states, and draws regions side by side', () => {
    const text = mermaid(parallel.config);
    expect(text).toContain(`    state "panel" as panel {
      [*] --> panel_closed
      state "closed" as panel_closed
      state "open" as panel_open {`);
    expect(text).toContain(`        }
        --
        state "scroll" as panel_open_scroll {`);
    expect(text).toContain('      state "H*" as text_last\n');
    // Mermaid does not support regions at the top level.
    expect(text).toContain('  state "editor" as editor {\n');
    expect(text).toContain('  panel_open --> panel_closed: TOGGLE\n');
  });

  it('gives each state a distinct name that mermaid accepts', () => {
    const text = mermaid({
      id: 'm',
      initial: 'end',
      states: { end: { on: { GO: 'a b' } }, 'a b': { on: { GO: 'a\\.b' } }, 'a.b': { on: { GO: 'end' } } },
    });
    expect(text).toContain('  [*] --> end_\n  state "end" as end_\n  state "a b" as a_b\n');
    expect(text).toContain('  a_b --> a_b_: GO\n  a_b_ --> end_: GO\n');
  });

  it('escapes markup', () => {
    const text = mermaid({
      id: 'm',
      states: { a: { on: { 'x: "y";\n  z --> w #1 {<b>}': 'b' } }, b: {} },
    });
    expect(text.split('\n').at(-2)).toBe(
      '  a --> b: x#58; #34;y#34;#59;#10;  z --#62; w #35;1 #123;#60;b#62;#125;',
    );
  });
});
