import { type Exception, exceptions, expectedOfFault } from './expected.ts';

/** What came of one fault at one client. */
export interface Cell {
  readonly client: string;
  readonly fault: string;
  readonly expected: string;
  readonly outcome: string;
  readonly exception?: Exception;
  /** The wait in seconds that was read off the error. */
  readonly waitSeconds?: number;
  readonly error: unknown;
}

export const isRight = ({ expected, outcome }: Cell): boolean => expected === outcome;

/** The exception that stands for a fault at a client, if any. */
export const exceptionFor = (client: string, fault: string): Exception | undefined =>
  exceptions.find(({ clients, faults }) => clients.includes(client) && faults.includes(fault));

/**
 * A table of clients and faults, and the notes below it.
 *
 * @param labelOf How a client is called in its row.
 */
export function faultTable(cells: readonly Cell[], labelOf: (client: string) => string): string {
  const notes = exceptions.filter((exception) => cells.some((cell) => cell.exception === exception));
  const faults = Object.keys(expectedOfFault).filter((fault) => cells.some((cell) => cell.fault === fault));
  const clients = [...new Set(cells.map(({ client }) => client))];
  const rows = clients.map((client) => {
    const columns = faults.map((fault) => {
      const cell = cells.find((candidate) => candidate.client === client && candidate.fault === fault);
      if (cell === undefined) return '–';
      const note = cell.exception === undefined ? '' : ` [${notes.indexOf(cell.exception) + 1}]`;
      const wait = cell.waitSeconds === undefined ? '' : `, ${cell.waitSeconds} s`;
      return `${isRight(cell) ? '' : '**WRONG** '}${cell.outcome}${wait}${note}`;
    });
    return `| ${labelOf(client)} | ${columns.join(' | ')} |`;
  });
  return [
    `| client | ${faults.join(' | ')} |`,
    `| --- | ${faults.map(() => '---').join(' | ')} |`,
    ...rows,
    ...notes.map(({ why }, index) => `\n[${index + 1}] ${why}`),
  ].join('\n');
}
