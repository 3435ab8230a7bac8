export { attachInspector, type InspectionObserver, type StatelyInspector } from './attach-inspector.ts';
export { type Inspector, inspect, serveInspector } from './inspector.ts';
export type { InspectOptions } from './options.ts';
export type { Sanitize, Shown } from './sanitize.ts';
