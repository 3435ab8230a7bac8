import type { ReplayCounts } from 'toolfuse/testing';
import { visible } from '../../proxy/visible.ts';

/** One line of a table: a tool, or a setting, with what became of the calls. */
export interface ReplayRow extends ReplayCounts {
  readonly name: string;
}

/** How many tools are shown, those first of which most calls would have been refused. */
const maxTools = 20;

/** The longest name that is shown whole, in characters. */
const maxName = 40;

const columns = ['calls', 'failed', 'opened', 'refused', 'spared', 'wasted'] as const;

const digits = (value: number): string => value.toLocaleString('en').replaceAll(',', ' ');

const shortened = (name: string): string => (name.length > maxName ? `${name.slice(0, maxName - 1)}…` : name);

/** Rows below each other: the first column to the left, numbers to the right. */
function table(head: string, rows: readonly ReplayRow[]): string {
  const lines = [
    [head, ...columns],
    ...rows.map((row) => [shortened(visible(row.name)), ...columns.map((column) => digits(row[column]))]),
  ];
  const widths = [head, ...columns].map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}

/** A duration in its two largest units: `3 h 12 min`, `0.4 s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (ms < 10_000) return `${Math.round(ms / 100) / 10} s`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

const counted = (count: number, one: string): string => `${digits(count)} ${one}${count === 1 ? '' : 's'}`;

/** What `toolfuse replay` has found. */
export interface ReplayReport {
  readonly tools: readonly ReplayRow[];
  readonly total: ReplayCounts;
  /** How many calls the recorder left out. */
  readonly dropped: number;
  /** From the first call to the last one, in ms. */
  readonly spanMs: number;
  /** The same calls with other settings, by the words for these. Empty where there is nothing to compare. */
  readonly others: readonly ReplayRow[];
}

/** A report for a terminal. */
export function replayText({ tools, total, dropped, spanMs, others }: ReplayReport): string {
  const toolCount = tools.filter(({ calls, unknown }) => calls + unknown > 0).length;
  const lines = [
    `${counted(total.calls, 'call')} of ${counted(toolCount, 'tool')} in ${duration(spanMs)}, ${digits(total.failed)} failed`,
  ];
  if (total.unknown > 0) {
    lines.push(
      `${counted(total.unknown, 'call')} had been refused already, and nobody knows how they would have ended: --observe records without refusing any`,
    );
  }
  if (dropped > 0) lines.push(`${counted(dropped, 'call')} are not in the record: the disk did not keep up`);
  if (total.calls === 0) return lines.join('\n');
  const ordered = tools.toSorted((a, b) => b.refused - a.refused || b.calls - a.calls);
  const shown = ordered.slice(0, maxTools);
  lines.push('', table('tool', [...shown, { ...total, name: 'all' }]));
  if (ordered.length > shown.length)
    lines.push(`  and ${counted(ordered.length - shown.length, 'tool')} more`);
  lines.push(
    '',
    `spared: refused, and had failed (${duration(total.sparedMs)} in all); wasted: refused, and had gone well`,
  );
  if (others.length > 0)
    lines.push('', 'the same calls with other settings:', '', table('failures in a row', others));
  return lines.join('\n');
}
