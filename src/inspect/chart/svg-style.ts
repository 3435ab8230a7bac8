/** The look of a chart. A page around it may set the variables itself. */
export const chartStyle = `
.chart { --paper: #ffffff; --ink: #1c2430; --soft: #5d6878; --edge: #8390a3; --fill: #f4f6fa; --frame: #eef1f6;
  --border: #b9c2d0; --event: #1d4f91; --lit: #0b6b4f; --lit-fill: #d9f3e8;
  font-family: "Helvetica Neue", Helvetica, Arial, sans-serif; }
@media (prefers-color-scheme: dark) {
  .chart { --paper: #12161d; --ink: #e8edf4; --soft: #9ba8ba; --edge: #6d7b90; --fill: #1e2530; --frame: #171d26;
    --border: #3f4b5d; --event: #9cc5ff; --lit: #5fd9ae; --lit-fill: #12382c; }
}
.paper { fill: var(--paper); }
.outline { fill: var(--fill); stroke: var(--border); stroke-width: 1.25; }
.frame .outline { fill: var(--paper); }
.frame.even .outline { fill: var(--frame); }
.parallel .outline, .any .outline { stroke-dasharray: 5 3; }
.inner { fill: none; stroke: var(--border); }
.active > .outline { fill: var(--lit-fill); stroke: var(--lit); stroke-width: 2.5; }
.name { font-size: 14px; font-weight: 700; fill: var(--ink); }
.any .name { fill: var(--soft); font-style: italic; }
.chart text { font-size: 11px; fill: var(--soft); }
.chart .name { font-size: 14px; fill: var(--ink); }
.trigger { fill: var(--event); }
.guard { fill: var(--soft); }
.action { fill: var(--soft); font-style: italic; }
.line { fill: none; stroke: var(--edge); stroke-width: 1.4; }
.head { fill: var(--edge); }
.label { fill: var(--paper); }
.label.even { fill: var(--frame); }
.initial circle { fill: var(--ink); }
`;
