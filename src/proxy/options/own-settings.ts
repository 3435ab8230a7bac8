import { UsageError } from '../../cli/command.ts';
import { callSettings, circuitSettings, flagOf, type Setting } from './settings.ts';

/** Settings that are being collected from several sources, by the name of a tool. */
export type Drafts = Record<string, Record<string, unknown>>;

const ownTable: Readonly<Record<string, Setting>> = { ...circuitSettings, ...callSettings };

export const show = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** Reads a value as its setting has it; `where` names it in the complaint. */
export function checked(where: string, { kind }: Setting, value: unknown, isText: boolean): unknown {
  const read = isText ? kind.fromText(String(value)) : kind.fromJson(value);
  if (read === undefined) throw new UsageError(`${where} must be ${kind.must}, got ${show(value)}`);
  return read;
}

/** The setting that a name or a flag's name stands for. */
const settingNamed = (name: string): string | undefined =>
  Object.keys(ownTable).find((each) => each === name || flagOf(each) === name);

/** Reads one setting of a tool or of the server. */
export function readOwn(
  draft: Record<string, unknown>,
  where: string,
  key: string,
  value: unknown,
  isText: boolean,
): void {
  if (key === 'alternatives') {
    draft.alternatives = isText ? String(value).split(',') : value;
    if (Array.isArray(draft.alternatives) && draft.alternatives.every((each) => typeof each === 'string'))
      return;
    throw new UsageError(`${where} must be a list of tool names, got ${show(value)}`);
  }
  const name = settingNamed(key);
  const setting = name === undefined ? undefined : ownTable[name];
  if (name === undefined || setting === undefined) {
    const names = [...Object.keys(ownTable), 'alternatives'].join(', ');
    throw new UsageError(`${where} is no setting; there are ${names}`);
  }
  draft[name] = checked(where, setting, value, isText);
}
