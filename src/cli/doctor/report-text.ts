import { visible } from '../../proxy/visible.ts';
import type { Checked } from './check-server.ts';

const signs: Readonly<Record<Checked['state'], string>> = { ok: '✓', fault: '✗', unchecked: '?', off: '–' };

/** In which eras a server speaks. */
function erasOf({ eras, version }: Checked): string {
  if (eras.length === 2) return `MCP 2026-07-28 and ${version}`;
  return `MCP ${version}`;
}

/** What was found out about a server, as lines for a terminal. */
export function checkedText(checked: Checked, width: number): string[] {
  const { name, state, isGuarded, transport, startMs, tools, what, advice } = checked;
  const facts = [
    ...(state === 'off' ? ['switched off'] : []),
    ...(transport === null ? [] : [transport]),
    ...(startMs === null ? [] : [erasOf(checked), `${(startMs / 1000).toFixed(1)} s`]),
    ...(tools === null ? [] : [`${tools} tool${tools === 1 ? '' : 's'}`]),
    isGuarded ? 'guarded' : 'not guarded',
  ];
  return [
    `  ${signs[state]} ${name.padEnd(width)}  ${facts.join(', ')}`,
    ...(what === null || state === 'off' ? [] : [`      ${what}`]),
    ...(advice === null ? [] : [`      ${advice}`]),
  ].map(visible);
}
