export { lease } from './lease.ts';
export { leave } from './leave.ts';
export { order } from './order.ts';
export type { FleetScript, ScriptName } from './script.ts';
export { settle } from './settle.ts';
export { look, survey } from './survey.ts';
export { tick } from './tick.ts';
export { vote } from './vote.ts';
