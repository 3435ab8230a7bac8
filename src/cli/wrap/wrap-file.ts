import { languageOf } from '../configuration/client-kinds.ts';
import {
  backupOf,
  checkWritable,
  readBackup,
  readConfiguration,
  UntouchedFile,
  writeConfiguration,
} from '../configuration/configuration-file.ts';
import type { FoundFile } from '../configuration/find-files.ts';
import { entriesOf, readTree } from '../configuration/server-entries.ts';
import { BrokenFile } from '../configuration/text-tree.ts';
import { type Change, shownChange } from './shown-change.ts';
import { type ChangedText, type ConfigurationText, type Outcome, unwrapText } from './wrap-text.ts';

/** What became of a file. */
export interface FileReport {
  readonly file: FoundFile;
  readonly outcomes: readonly Outcome[];
  /** Why it was left as it is, where it was. */
  readonly why?: string;
  /** Whether that is a fault that its user should mend. */
  readonly isFault?: boolean;
  /** Where the text without the proxy is kept. */
  readonly backup?: string;
  /** What would change, with `--dry-run`. */
  readonly diff?: string;
}

/** How often a file that somebody else changes at the same time is read again. */
const maxTries = 3;

export interface ChangeOptions {
  readonly isDryRun: boolean;
  /** Changes the text. It may ask servers first. */
  readonly change: (configuration: ConfigurationText) => ChangedText | Promise<ChangedText>;
}

/** Changes a configuration file. @returns undefined for a file in which no servers are. */
export async function changeFile(file: FoundFile, options: ChangeOptions): Promise<FileReport | undefined> {
  try {
    for (let tries = 0; tries < maxTries; tries++) {
      const report = await changeOnce(file, options);
      if (report !== 'changed') return report;
    }
    return {
      file,
      outcomes: [],
      why: 'it changes all the time; close its client and run this again',
      isFault: true,
    };
  } catch (error) {
    if (error instanceof UntouchedFile) return { file, outcomes: [], why: error.message, isFault: true };
    if (!(error instanceof BrokenFile)) throw error;
    const why = `line ${error.line}, column ${error.column}: ${error.message}`;
    return { file, outcomes: [], why, isFault: true };
  }
}

async function changeOnce(
  found: FoundFile,
  { isDryRun, change }: ChangeOptions,
): Promise<FileReport | 'changed' | undefined> {
  const file = readConfiguration(found.path);
  if (file === undefined) {
    return found.isNamed ? { file: found, outcomes: [], why: 'it does not exist', isFault: true } : undefined;
  }
  if (file.text.trim() === '') return found.isNamed ? { file: found, outcomes: [] } : undefined;
  const { kind } = found;
  const language = languageOf(file.path);
  const configuration = { text: file.text, kind, language, backup: readBackup(file) };
  if (entriesOf(readTree(file.text, language), kind).length === 0 && !found.isNamed) return undefined;
  const changed = await change(configuration);
  const { outcomes } = changed;
  const ids = new Set(outcomes.filter(({ did }) => isChange(did)).map(({ entry }) => entry.id));
  const report = { file: found, outcomes };
  if (ids.size === 0) return report;
  checkWritable(file);
  if (isDryRun) {
    const shown: Change = { path: found.path, before: file.text, after: changed.text, kind, language, ids };
    return { ...report, diff: shownChange(shown) };
  }
  const keep = changed.text === changed.without ? undefined : changed.without;
  if (!writeConfiguration(file, changed.text, keep)) return 'changed';
  return keep === undefined ? report : { ...report, backup: backupOf(file.path) };
}

const isChange = (did: Outcome['did']): boolean =>
  did === 'wrapped' || did === 'renewed' || did === 'unwrapped';

/** Takes the proxy away from the servers of a file. */
export const unwrapFile = (file: FoundFile, isDryRun: boolean): Promise<FileReport | undefined> =>
  changeFile(file, { isDryRun, change: unwrapText });
