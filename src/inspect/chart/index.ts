/** Statecharts as pictures: from a machine's definition to a model, its layout, and SVG or mermaid. No DOM, no Node. */
export { activeStates } from './active-states.ts';
export type { ChartBox } from './boxes.ts';
export { type ChartModel, type ChartTransition, chartModel } from './chart-model.ts';
export { type ChartEdge, type ChartLayout, layoutChart } from './layout.ts';
export type { ChartDetail, ChartLine } from './lines.ts';
export { type Measure, textStyles } from './measure.ts';
export { chartMermaid } from './mermaid.ts';
export { chartSvg } from './svg.ts';
export { triggerWords } from './trigger.ts';
