import { readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type ClientKind, clientKinds, languageOf } from '../../../../src/cli/configuration/client-kinds.ts';
import { type FoundFile, findFiles, here } from '../../../../src/cli/configuration/find-files.ts';
import { OpenConnections } from '../../../../src/cli/doctor/examine.ts';
import { decideFor } from '../../../../src/cli/wrap/decide.ts';
import { ServerNames } from '../../../../src/cli/wrap/server-names.ts';
import { type ChangedText, unwrapText, wrapText } from '../../../../src/cli/wrap/wrap-text.ts';

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));

/** Configurations as each client has them, of our own making. */
const files: readonly (readonly [file: string, client: string])[] = [
  ['claude-desktop.json', 'claude-desktop'],
  ['claude-code.json', 'claude-code'],
  ['cursor.json', 'cursor'],
  ['vscode.json', 'vscode'],
  ['windsurf.json', 'windsurf'],
  ['gemini.json', 'gemini'],
  ['codex.toml', 'codex'],
  ['opencode.jsonc', 'opencode'],
  ['opencode-v2.json', 'opencode'],
  ['zed.json', 'zed'],
  ['continue.yaml', 'continue'],
];

const kindOf = (id: string): ClientKind => {
  const kind = clientKinds.find((each) => each.id === id);
  if (kind === undefined) throw new Error(`no client ${id}`);
  return kind;
};

interface Wrapping {
  readonly text: string;
  readonly file: string;
  readonly client: string;
  readonly backup?: string;
  readonly launcher?: readonly string[];
  readonly flags?: readonly string[];
  readonly exists?: boolean;
}

/** Wraps as the command does, but without asking anybody. */
async function wrap({
  text,
  file,
  client,
  backup,
  launcher,
  flags,
  exists = true,
}: Wrapping): Promise<ChangedText> {
  const kind = kindOf(client);
  const found: FoundFile = { path: `/home/me/${file}`, kind, scope: 'user', isNamed: false };
  const configuration = { text, kind, language: languageOf(file), backup };
  const decide = await decideFor(configuration, found, {
    launcher: {
      words: launcher ?? ['/usr/bin/node', '/usr/lib/toolfuse/dist/cli/index.js', 'mcp'],
      isNpx: launcher?.[0] === 'npx',
    },
    names: new ServerNames(),
    flags,
    stateFolder: undefined,
    only: [],
    isOffline: true,
    open: new OpenConnections(),
    disk: { exists: (path) => exists && path.startsWith('/usr/'), real: (path) => path },
    asked: new Map(),
  });
  return wrapText(configuration, decide);
}

const told = ({ outcomes }: ChangedText): string[] =>
  outcomes.map(({ entry, did, why }) => `${entry.name}: ${did}${why === undefined ? '' : `: ${why}`}`);

describe.each(files)('the configuration in %s', (file, client) => {
  const text = readFileSync(join(fixtures, file), 'utf8');
  const kind = kindOf(client);
  const language = languageOf(file);

  it('is wrapped as the file beside it shows, with its reasons', async () => {
    const wrapped = await wrap({ text, file, client });
    const name = `${basename(file, extname(file))}.wrapped${extname(file)}`;
    await expect(wrapped.text).toMatchFileSnapshot(join(fixtures, name));
    await expect(`${told(wrapped).join('\n')}\n`).toMatchFileSnapshot(join(fixtures, `${file}.txt`));
    expect(wrapped.without).toBe(text);
  });

  it.each(['\n', '\r\n'])('stays as it is when it is wrapped again, with line ends %j', async (eol) => {
    const original = text.replaceAll('\n', eol);
    const once = await wrap({ text: original, file, client });
    const twice = await wrap({ text: once.text, file, client, backup: once.without });
    expect(twice.text).toBe(once.text);
    expect(twice.without).toBe(original);
    expect(new Set(twice.outcomes.map(({ did }) => did))).toEqual(
      new Set(once.outcomes.map(({ did }) => (did === 'wrapped' ? 'already' : did))),
    );
    if (eol === '\r\n') expect(once.text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it.each(['\n', '\r\n'])('is given back to the last character, with line ends %j', async (eol) => {
    const original = text.replaceAll('\n', eol);
    const wrapped = await wrap({ text: original, file, client });
    expect(wrapped.text).not.toBe(original);
    const { text: back } = unwrapText({ text: wrapped.text, kind, language, backup: wrapped.without });
    expect(back).toBe(original);
  });

  it('is given back where its toolfuse was renewed in between', async () => {
    const once = await wrap({
      text,
      file,
      client,
      launcher: ['node', '/old/bin/toolfuse', 'mcp'],
      exists: false,
    });
    const twice = await wrap({ text: once.text, file, client, backup: once.without, flags: ['--hide-open'] });
    const counts = (changed: ChangedText, did: string): number =>
      changed.outcomes.filter((outcome) => outcome.did === did).length;
    expect(counts(twice, 'renewed')).toBe(counts(once, 'wrapped'));
    expect(twice.text).not.toContain('/old/bin');
    expect(twice.without).toBe(text);
    expect(unwrapText({ text: twice.text, kind, language, backup: twice.without }).text).toBe(text);
  });

  it('keeps every secret where it is, and puts none into a command', async () => {
    const { text: wrapped } = await wrap({ text, file, client });
    for (const secret of [
      'ghp_0123456789abcdefghijABCDEFGHIJ',
      'ctx7-0123456789',
      'Bearer <token>',
      'Bearer abc',
    ]) {
      expect(wrapped.split(secret).length).toBe(text.split(secret).length);
    }
  });
});

it('the files of no client are found where none are', () => {
  const where = { ...here(), home: join(fixtures, 'none'), folder: join(fixtures, 'none'), environment: {} };
  expect(findFiles([], where)).toEqual([]);
});
