/** Statecharts as pictures: from a machine's definition to a model, its layout, and SVG or mermaid. No DOM, no Node. */
export { activeStates } from './active-states.ts';
export { type ChartModel, type ChartState, type ChartTransition, chartModel } from './chart-model.ts';
export type { Point, Rect } from './geometry.ts';
export {
  type ChartBox,
  type ChartEdge,
  type ChartLayout,
  type InitialMark,
  type LayoutOptions,
  layoutChart,
} from './layout.ts';
export type { ChartDetail, ChartLine, ChartRun } from './lines.ts';
export { type Measure, type TextStyle, textStyles } from './measure.ts';
export { chartMermaid } from './mermaid.ts';
export { chartSvg, type SvgOptions } from './svg.ts';
export { chartStyle } from './svg-style.ts';
export { type ChartTrigger, triggerWords } from './trigger.ts';
