import { parseArgs } from 'node:util';
import { show } from '../../../machines/rule.ts';
import { headerFromVariable } from './headers.ts';
import { flagOf, type Setting, settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

const settingTable: Readonly<Record<string, Setting>> = settings;

const isSwitch = (setting: Setting): boolean => setting.kind.placeholder === undefined;
const switches = Object.entries(settingTable)
  .filter(([, setting]) => isSwitch(setting))
  .map(([name]) => flagOf(name));

/** The flags as they were typed. */
export interface Flags {
  readonly settings: Readonly<Record<string, string | boolean | undefined>>;
  readonly config: string | undefined;
  readonly tool: readonly string[];
  readonly server: readonly string[];
  readonly header: readonly string[];
  readonly failurePattern: readonly string[];
  readonly help: boolean;
  readonly status: boolean;
  readonly json: boolean;
  readonly watch: boolean;
}

/** Splits the arguments into flags. @throws UsageError for an unknown flag. */
export function parseFlags(args: readonly string[]): Flags {
  const single = Object.entries(settingTable).map(
    ([name, setting]) => [flagOf(name), { type: isSwitch(setting) ? 'boolean' : 'string' }] as const,
  );
  const negative = switches.map((flag) => [`no-${flag}`, { type: 'boolean' }] as const);
  try {
    const { values, tokens } = parseArgs({
      args: [...args],
      tokens: true,
      options: {
        ...Object.fromEntries([...single, ...negative]),
        config: { type: 'string' },
        tool: { type: 'string', multiple: true },
        server: { type: 'string', multiple: true },
        header: { type: 'string', multiple: true },
        'failure-pattern': { type: 'string', multiple: true },
        'header-env': { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
        status: { type: 'boolean' },
        json: { type: 'boolean' },
        watch: { type: 'boolean' },
      },
    });
    const given: Record<string, string | boolean | undefined> = {
      ...(values as Record<string, string | true>),
    };
    // The last of --x and --no-x counts. Node.js 20 does not know negative flags.
    for (const token of tokens) {
      const flag = token.kind === 'option' ? token.name.replace(/^no-/, '') : '';
      if (token.kind === 'option' && switches.includes(flag)) given[flag] = token.name === flag;
    }
    return {
      settings: Object.fromEntries(Object.keys(settingTable).map((name) => [name, given[flagOf(name)]])),
      config: values.config,
      tool: values.tool ?? [],
      server: values.server ?? [],
      header: [...(values.header ?? []), ...(values['header-env'] ?? []).map(headerFromVariable)],
      failurePattern: values['failure-pattern'] ?? [],
      help: values.help ?? false,
      status: values.status ?? false,
      json: values.json ?? false,
      watch: values.watch ?? false,
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
      const [, word] = /'(.*?)'/.exec(message) ?? [];
      throw new UsageError(
        `${show(word)} is not an option; the server's command goes after --, as in: toolfuse mcp -- npx -y some-server`,
      );
    }
    if (code?.startsWith('ERR_PARSE_ARGS')) throw new UsageError(message.split('. ')[0] ?? message);
    throw error;
  }
}
