import { visible } from '../../proxy/visible.ts';
import type { FileReport } from './wrap-file.ts';
import type { Outcome } from './wrap-text.ts';

const signs: Readonly<Record<Outcome['did'], string>> = {
  wrapped: '+ ',
  renewed: '~ ',
  already: '= ',
  unwrapped: '- ',
  left: '  ',
};

/** What is said of a server. */
function wordsFor({ did, why }: Outcome, isDryRun: boolean): string {
  const would = isDryRun ? 'would be ' : '';
  switch (did) {
    case 'wrapped':
      return `${would}guarded`;
    case 'renewed':
      return `${would}guarded anew: its toolfuse or its options were others`;
    case 'already':
      return 'guarded already';
    case 'unwrapped':
      return `${would}as it was before`;
    case 'left':
      return `left alone: ${why}`;
  }
}

/** What became of a file, with its servers. */
export function fileText(
  { file, outcomes, why, backup, diff }: FileReport,
  shown: (path: string) => string,
  isDryRun: boolean,
): string {
  const width = outcomes.reduce((most, { entry }) => Math.max(most, entry.name.length), 0);
  const lines = outcomes.map((outcome) => {
    const { name, project } = outcome.entry;
    const where = project === undefined ? '' : ` (in ${shown(project)})`;
    return `  ${signs[outcome.did]}${name.padEnd(width)}  ${wordsFor(outcome, isDryRun)}${where}`;
  });
  return [
    `${file.kind.title}: ${shown(file.path)}`,
    ...lines,
    ...(why === undefined ? [] : [`  left as it is: ${why}`]),
    ...(why === undefined && outcomes.length === 0 ? ['  nothing to do'] : []),
    ...(backup === undefined ? [] : [`  without toolfuse: ${shown(backup)}`]),
  ]
    .map(visible)
    .concat(diff === undefined ? [] : ['', diff])
    .join('\n');
}

const servers = (count: number): string => `${count} server${count === 1 ? '' : 's'}`;

/** All files in one sentence. */
export function totalText(reports: readonly FileReport[], isDryRun: boolean): string {
  const count = (...kinds: readonly Outcome['did'][]): number =>
    reports.reduce((sum, { outcomes }) => sum + outcomes.filter(({ did }) => kinds.includes(did)).length, 0);
  const parts = [
    [count('wrapped', 'renewed'), isDryRun ? 'would be guarded' : 'newly guarded'],
    [count('already'), 'guarded already'],
    [count('unwrapped'), isDryRun ? 'would be as before' : 'as before'],
    [count('left'), 'left alone'],
  ] as const;
  const told = parts.filter(([number]) => number > 0).map(([number, what]) => `${servers(number)} ${what}`);
  return told.length === 0 ? 'Nothing was changed.' : `${told.join(', ')}.`;
}
