export { type AnswerOptions, answerInspectors, type InspectorAnswers } from './answer-inspectors.ts';
export { attachInspector, type InspectionObserver, type StatelyInspector } from './attach-inspector.ts';
export { type AttachOptions, type Inspector, inspect, serveInspector } from './inspector.ts';
export type { InspectedProcess, InspectOptions } from './options.ts';
export type { Sanitize, Shown } from './sanitize.ts';
export type { TwoWayStream } from './two-way-stream.ts';
