import type { ChartBox } from './boxes.ts';
import type { ChartEdge, ChartLayout, InitialMark } from './layout.ts';
import type { ChartLine } from './lines.ts';
import { lineHeight, type TextStyle, textStyles } from './measure.ts';
import { chartStyle } from './svg-style.ts';

export interface SvgOptions {
  /** The ids of the states to highlight, from `activeStates`. Default none. */
  readonly active?: readonly string[];
  /** The title of the picture. Default: the machine's id. */
  readonly title?: string;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Characters that XML cannot contain: most control characters, and lone surrogates. */
const unwritable = /[^\P{Cc}\t\n\r]|\p{Cs}|[\ufffe\uffff]/gu;

const escaped = (text: string): string =>
  text.replace(unwritable, '\ufffd').replace(/[&<>"']/g, (character) => entities[character] ?? character);

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** An element with its attributes; undefined ones are left out. */
function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...content: string[]
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? rounded(value) : escaped(value ?? '')}"`)
    .join('');
  return content.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${content.join('')}</${name}>`;
}

/** The height of letters above the baseline, as a fraction of the line height. */
const baseline = 0.75;

function textLine(line: ChartLine, style: TextStyle, x: number, top: number, anchor: string): string {
  return element(
    'text',
    {
      x,
      y: top + lineHeight(style) * baseline,
      'text-anchor': anchor === 'start' ? undefined : anchor,
      'data-transitions': line.transitions.join(' ') || undefined,
    },
    ...line.runs.map(({ kind, text }, index) =>
      element('tspan', { class: kind }, escaped(index === 0 ? text : ` ${text}`)),
    ),
  );
}

/** Nested frames alternate between two tints. */
const isTinted = (depth: number): boolean => depth > 0 && depth % 2 === 0;

function box(state: ChartBox, isActive: boolean): string {
  const { id, kind, isFrame, depth, x, y, width, height, head, rows, title, description } = state;
  const isRound = kind === 'history' || kind === 'deepHistory' || kind === 'any';
  const titleHeight = lineHeight(textStyles.title);
  const titleTop = rows.length === 0 && !isFrame ? head.y + (head.height - titleHeight) / 2 : head.y + 9;
  const outline = { x, y, width, height, rx: isRound && rows.length === 0 ? height / 2 : 8 };
  const inner = { x: x + 3, y: y + 3, width: width - 6, height: height - 6, rx: 5 };
  const classes = [
    'state',
    kind,
    isFrame ? 'frame' : '',
    isFrame && isTinted(depth) ? 'even' : '',
    isActive ? 'active' : '',
  ];
  return element(
    'g',
    { class: classes.filter(Boolean).join(' '), 'data-state': id },
    ...(description === null ? [] : [element('title', {}, escaped(description))]),
    element('rect', { class: 'outline', ...outline }),
    ...(kind === 'final' ? [element('rect', { class: 'inner', ...inner })] : []),
    element(
      'text',
      {
        class: 'name',
        x: head.x + head.width / 2,
        y: titleTop + titleHeight * baseline,
        'text-anchor': 'middle',
      },
      escaped(title),
    ),
    ...rows.map((row, index) =>
      textLine(
        row,
        textStyles.row,
        head.x + 14,
        titleTop + titleHeight + 4 + index * lineHeight(textStyles.row),
        'start',
      ),
    ),
  );
}

function edge({ id, from, to, transitions, path, depth, label }: ChartEdge): string {
  const { x, y, width, height, lines } = label;
  return element(
    'g',
    {
      class: 'edge',
      'data-edge': id,
      'data-from': from,
      'data-to': to,
      'data-transitions': transitions.join(' '),
    },
    element('path', { class: 'line', d: path, 'marker-end': 'url(#arrow)' }),
    element('rect', { class: isTinted(depth) ? 'label even' : 'label', x, y, width, height, rx: 4 }),
    ...lines.map((line, index) =>
      textLine(line, textStyles.label, x + width / 2, y + 2 + index * lineHeight(textStyles.label), 'middle'),
    ),
  );
}

const initial = ({ state, x, y, to }: InitialMark): string =>
  element(
    'g',
    { class: 'initial', 'data-initial': state },
    element('circle', { class: 'dot', cx: x, cy: y, r: 3.5 }),
    element('path', {
      class: 'line',
      d: `M${rounded(x)} ${rounded(y)}H${rounded(to.x)}`,
      'marker-end': 'url(#arrow)',
    }),
  );

const arrow =
  '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" orient="auto">' +
  '<path class="head" d="M0 0.5L8 4L0 7.5Z"/></marker></defs>';

/**
 * A chart as a standalone SVG file, dark if the reader prefers that. Each state is a `<g data-state="id">`, each line a
 * `<g data-edge="id">`, and `data-transitions` names the transitions of a line or row.
 */
export function chartSvg(
  layout: ChartLayout,
  { active = [], title = layout.title }: SvgOptions = {},
): string {
  const isActive = new Set(active);
  const { width, height, boxes, edges, initials } = layout;
  const [frames, others] = [boxes.filter(({ isFrame }) => isFrame), boxes.filter(({ isFrame }) => !isFrame)];
  const parts = [
    element('title', {}, escaped(title)),
    element('style', {}, chartStyle),
    element('rect', { class: 'paper', width, height, rx: 10 }),
    arrow,
    ...frames.map((state) => box(state, isActive.has(state.id))),
    ...edges.map(edge),
    ...initials.map(initial),
    ...others.map((state) => box(state, isActive.has(state.id))),
  ];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    class: 'chart',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'aria-label': `${title}: a statechart`,
  };
  return `${element('svg', attributes, '\n', parts.join('\n'), '\n')}\n`;
}
