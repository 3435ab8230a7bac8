import {
  aboutFailurePatterns,
  aboutHeaders,
  callSettings,
  circuitSettings,
  modeSettings,
  type Setting,
  settings,
  toolSettings,
  windowSettings,
} from './settings.ts';

type Schema = Readonly<Record<string, unknown>>;

const properties = (table: Readonly<Record<string, Setting>>): Schema =>
  Object.fromEntries(
    Object.entries(table).map(([name, { kind, about, default: byDefault }]) => [
      name,
      { description: about, ...kind.schema, ...(byDefault !== undefined && { default: byDefault }) },
    ]),
  );

const texts = { type: 'array', items: { type: 'string' } };

const own = (table: Readonly<Record<string, Setting>>, more: Schema = {}): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(
      Object.entries(table).map(([name, { kind, about }]) => [name, { description: about, ...kind.schema }]),
    ),
    ...more,
  },
});

const alternatives = { description: 'tools to suggest to the model while this one is open', ...texts };

/** The JSON schema of the configuration file, made from the same tables that the file is read with. */
export const configSchema: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'The configuration of toolfuse mcp',
  type: 'object',
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    command: { description: "the server's command and its arguments", ...texts },
    headers: {
      description: aboutHeaders,
      type: 'object',
      additionalProperties: { type: 'string' },
    },
    ...properties(settings),
    tools: {
      description: 'settings of single tools, by name',
      type: 'object',
      additionalProperties: own(
        { ...circuitSettings, ...windowSettings, ...callSettings, ...toolSettings },
        { alternatives },
      ),
    },
    server: {
      description: "settings of the server's circuit",
      ...own({ ...circuitSettings, ...modeSettings }),
    },
    failurePatterns: {
      description: `by the name of a tool, ${aboutFailurePatterns}`,
      type: 'object',
      additionalProperties: { type: 'string', minLength: 1 },
    },
  },
};
