/** The style of a chart, light or dark by the reader's preference. An enclosing page may override the colours. */
export const chartStyle = `
.chart { --paper: #ffffff; --ink: #1c2430; --soft: #566174; --edge: #8390a3; --fill: #f4f6fa; --frame: #eef1f6;
  --border: #b4bece; --event: #1d4f91; --lit: #0b6b4f; --lit-fill: #d9f3e8;
  font-family: "Helvetica Neue", Helvetica, Arial, sans-serif; }
@media (prefers-color-scheme: dark) {
  .chart { --paper: #12161d; --ink: #e8edf4; --soft: #9ba8ba; --edge: #6d7b90; --fill: #1e2530; --frame: #1a212b;
    --border: #465366; --event: #9cc5ff; --lit: #5fd9ae; --lit-fill: #12382c; }
}
.chart text { font-size: 11px; fill: var(--soft); }
.chart .paper, .chart .label { fill: var(--paper); }
.chart .outline { fill: var(--fill); stroke: var(--border); stroke-width: 1.25; }
.chart .inner { fill: none; stroke: var(--border); }
.chart .line { fill: none; stroke: var(--edge); stroke-width: 1.4; }
.chart .head { fill: var(--edge); }
.chart .dot { fill: var(--ink); }
.chart .name { font-size: 14px; font-weight: 700; fill: var(--ink); }
.chart .trigger { fill: var(--event); }
.chart .action { font-style: italic; }
.chart .frame .outline { fill: var(--paper); }
.chart .even .outline, .chart .even.label { fill: var(--frame); }
.chart .parallel .outline, .chart .any .outline { stroke-dasharray: 5 3; }
.chart .any .name { font-style: italic; fill: var(--soft); }
.chart .active .outline { fill: var(--lit-fill); stroke: var(--lit); stroke-width: 2.5; }
.chart .active .name { fill: var(--lit); }
`;
