import { readFileSync } from 'node:fs';
import { isPlainObject, show } from '../../../machines/rule.ts';
import { checked, type Drafts, type Owner, readOwn } from './own-settings.ts';
import { type Setting, settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

const settingTable: Readonly<Record<string, Setting>> = settings;

/** The contents of a configuration file. */
export interface Config {
  readonly values: Readonly<Record<string, unknown>>;
  readonly command: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly tools: Drafts;
  readonly server: Readonly<Record<string, unknown>>;
  readonly failurePatterns: Readonly<Record<string, string>>;
}

export const noConfig: Config = {
  values: {},
  command: [],
  headers: {},
  tools: {},
  server: {},
  failurePatterns: {},
};

/** @throws UsageError that names the file, the field and the value. */
export function readConfig(file: string): Config {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--config ${show(file)} cannot be read: ${(error as Error).message}`);
  }
  if (!isPlainObject(given))
    throw new UsageError(`--config ${show(file)} must hold a JSON object, got ${show(given)}`);
  const {
    $schema: _,
    command = [],
    headers = {},
    tools = {},
    server = {},
    failurePatterns = {},
    ...rest
  } = given;
  const where = (name: string): string => `${file}: ${name}`;
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    const setting = Object.hasOwn(settingTable, name) ? settingTable[name] : undefined;
    if (setting === undefined)
      throw new UsageError(`${where(name)} is not a setting; see toolfuse mcp --help`);
    values[name] = checked(where(name), setting, value, false);
  }
  if (!(Array.isArray(command) && command.every((word) => typeof word === 'string'))) {
    throw new UsageError(`${where('command')} must be a list of strings, got ${show(command)}`);
  }
  if (!(isPlainObject(headers) && Object.values(headers).every((value) => typeof value === 'string'))) {
    throw new UsageError(`${where('headers')} must be an object of strings, got ${show(headers)}`);
  }
  if (!(isPlainObject(failurePatterns) && Object.values(failurePatterns).every(isText))) {
    throw new UsageError(
      `${where('failurePatterns')} must be an object of non-empty strings, got ${show(failurePatterns)}`,
    );
  }
  return {
    values,
    command,
    headers: headers as Record<string, string>,
    tools: readAllOwn(tools, where('tools')),
    server: readAll('server', server, where('server')),
    failurePatterns: failurePatterns as Record<string, string>,
  };
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

function readAllOwn(given: unknown, where: string): Drafts {
  if (!isPlainObject(given)) throw new UsageError(`${where} must be an object, got ${show(given)}`);
  return Object.fromEntries(
    Object.entries(given).map(([name, own]) => [name, readAll('tool', own, `${where}.${name}`)]),
  );
}

function readAll(owner: Owner, own: unknown, where: string): Record<string, unknown> {
  if (!isPlainObject(own)) throw new UsageError(`${where} must be an object, got ${show(own)}`);
  const draft: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(own)) {
    readOwn(draft, { owner, where: `${where}.${key}`, key, value, isText: false });
  }
  return draft;
}
