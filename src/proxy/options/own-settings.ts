import { show } from '../../../machines/rule.ts';
import {
  callSettings,
  circuitSettings,
  flagOf,
  modeSettings,
  type Setting,
  toolSettings,
  windowSettings,
} from './settings.ts';
import { UsageError } from './usage-error.ts';

/** Settings that are being collected from several sources, by the names of tools. */
export type Drafts = Record<string, Record<string, unknown>>;

/** Whose settings they are. The server is never called, so it has settings of circuits only. */
export type Owner = 'tool' | 'server';

const tables: Readonly<Record<Owner, Readonly<Record<string, Setting>>>> = {
  tool: { ...circuitSettings, ...windowSettings, ...callSettings, ...toolSettings },
  server: { ...circuitSettings, ...modeSettings },
};

const whose: Readonly<Record<Owner, string>> = { tool: 'a tool', server: 'the server' };

/**
 * Reads a value by the rules of its setting.
 *
 * @param where Names the setting in the error message.
 * @param isText Whether the value is the text of a flag or variable, rather than JSON.
 * @throws UsageError that names the setting, the rule and the value.
 */
export function checked(where: string, { kind }: Setting, value: unknown, isText: boolean): unknown {
  const read = isText ? kind.fromText(String(value)) : kind.fromJson(value);
  if (read === undefined) {
    const must = kind.mustInsteadOf?.(value) ?? `${kind.must}, got ${show(value)}`;
    throw new UsageError(`${where} must be ${must}`);
  }
  return read;
}

/** A setting of a tool or of the server, as it was given. */
export interface GivenSetting {
  readonly owner: Owner;
  /** Names it in an error message. */
  readonly where: string;
  /** Its name, or the name of its flag. */
  readonly key: string;
  readonly value: unknown;
  /** Whether the value is the text of a flag, rather than JSON. */
  readonly isText: boolean;
}

/** Reads one setting of a tool or of the server into the draft. @throws UsageError */
export function readOwn(
  draft: Record<string, unknown>,
  { owner, where, key, value, isText }: GivenSetting,
): void {
  if (owner === 'tool' && key === 'alternatives') {
    const names: unknown = isText
      ? String(value)
          .split(',')
          .map((name) => name.trim())
      : value;
    if (!Array.isArray(names) || !names.every((each) => typeof each === 'string' && each !== ''))
      throw new UsageError(`${where} must be a list of tool names, got ${show(value)}`);
    draft.alternatives = names;
    return;
  }
  const table = tables[owner];
  const isMeant = (name: string): boolean => name === key || (isText && flagOf(name) === key);
  const [name, setting] = Object.entries(table).find(([each]) => isMeant(each)) ?? [];
  if (name === undefined || setting === undefined) {
    const known = [...Object.keys(table), ...(owner === 'tool' ? ['alternatives'] : [])];
    const names = (isText ? known.map(flagOf) : known).join(', ');
    throw new UsageError(`${where} is not a setting; the settings of ${whose[owner]} are ${names}`);
  }
  draft[name] = checked(where, setting, value, isText);
}
