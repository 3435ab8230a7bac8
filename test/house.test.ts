import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const architecture = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

const foldersIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

/** The rooms of a table in ARCHITECTURE.md: what stands in its first column. */
const tabled = [...architecture.matchAll(/^\| `([\w/-]+)` \| .+ \|$/gm)].map(([, room]) => room ?? '');

/** The rooms from left to right, as ARCHITECTURE.md has them. Those that stand side by side do not know each other. */
const ranks = (/^cli > .*$/m.exec(architecture)?.[0] ?? '').split(' > ').map((rank) => rank.split(', '));
const rankOf = new Map(ranks.flatMap((rooms, rank) => rooms.map((room) => [room, rank] as const)));
const rooms = [...rankOf.keys()];
const folderOf = (room: string): string => (room === 'machines' ? room : `src/${room}`);

describe('the sources', () => {
  it('have nothing but index.ts beside the rooms', () => {
    const files = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name)).toEqual(['index.ts']);
  });

  it('stand in rooms of which ARCHITECTURE.md says where they stand, and what for', () => {
    const inSources = [...foldersIn('src'), 'machines'].sort();
    expect([...rooms].sort()).toEqual(inSources);
    expect(tabled).toEqual(expect.arrayContaining(inSources.map(folderOf)));
    expect(tabled).toEqual(expect.arrayContaining(foldersIn('src/proxy')));
  });
});

/** The files that break a rule, in a house with our rules and these files. */
function refused(rule: string, files: ReadonlyMap<string, string>): string[] {
  const house = mkdtempSync(join(tmpdir(), 'toolfuse-house-'));
  onTestFinished(() => rmSync(house, { recursive: true, force: true }));
  cpSync(join(root, 'biome.json'), join(house, 'biome.json'));
  for (const [file, text] of files) {
    mkdirSync(dirname(join(house, file)), { recursive: true });
    writeFileSync(join(house, file), text);
  }
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = ['lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none', `--only=${rule}`];
  const { stdout } = spawnSync(process.execPath, [biome, ...args], { cwd: house, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { location: { path: string } }[] };
  return diagnostics.map(({ location }) => location.path).sort();
}

describe('the linter', () => {
  const standsRight = (room: string, of: string): boolean => (rankOf.get(room) ?? 0) > (rankOf.get(of) ?? 0);
  const importing = (module: string): string =>
    `import { thing } from '${module}';\nexport const mine = thing;\n`;

  it('refuses an import of every room that does not stand to the right, and of no other', () => {
    const files = new Map<string, string>();
    const wrong: string[] = [];
    for (const from of rooms) {
      for (const to of rooms.filter((room) => room !== from)) {
        for (const place of [folderOf(from), `${folderOf(from)}/corner`]) {
          const file = `${place}/from-${to}.ts`;
          files.set(file, importing(relative(place, `${folderOf(to)}/thing.ts`)));
          if (!standsRight(to, from)) wrong.push(file);
        }
      }
    }
    expect(wrong).toContain('src/time/from-registry.ts');
    expect(wrong).not.toContain('src/registry/from-time.ts');
    expect(refused('style/noRestrictedImports', files)).toEqual(wrong.sort());
  });

  it('refuses it by the names of the package, too', () => {
    const names = {
      registry: 'toolfuse',
      mcp: 'toolfuse/mcp',
      fleet: 'toolfuse/fleet',
      inspect: 'toolfuse/inspect',
      tools: 'toolfuse/tools',
      ai: 'toolfuse/ai',
      langchain: 'toolfuse/langchain',
      'claude-agent': 'toolfuse/claude-agent',
      'openai-agents': 'toolfuse/openai-agents',
    };
    const files = new Map<string, string>();
    const wrong: string[] = [];
    for (const from of rooms) {
      for (const [to, name] of Object.entries(names).filter(([room]) => room !== from)) {
        const file = `${folderOf(from)}/from-${to}.ts`;
        files.set(file, importing(name));
        // `registry.inspect()` loads the inspector when it is asked for.
        const isAllowed = standsRight(to, from) || (from === 'registry' && to === 'inspect');
        if (!isAllowed) wrong.push(file);
      }
    }
    expect(refused('style/noRestrictedImports', files)).toEqual(wrong.sort());
  });

  it('refuses a cycle of imports by value, and none of types', () => {
    const files = new Map([
      ['src/time/hour.ts', "import { day } from './day.ts';\nexport const hour = () => day;\n"],
      ['src/time/day.ts', "import { hour } from './hour.ts';\nexport const day = () => hour;\n"],
      ['src/time/week.ts', "import type { Year } from './year.ts';\nexport const week: Year = 1;\n"],
      ['src/time/year.ts', "import { week } from './week.ts';\nexport type Year = typeof week;\n"],
    ]);
    expect(refused('suspicious/noImportCycles', files)).toEqual(['src/time/day.ts', 'src/time/hour.ts']);
  });
});
