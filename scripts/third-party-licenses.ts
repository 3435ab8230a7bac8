import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Metafile, Plugin } from 'esbuild';

const file = 'dist/THIRD-PARTY-LICENSES.txt';

/** A package that stands in the published file of another, where esbuild does not see it. */
const inside: Readonly<Record<string, string>> = {
  'node_modules/@dagrejs/dagre': 'node_modules/@dagrejs/graphlib',
};

/** A package without a file of its licence, and one of the same repository that has it. */
const sameRepository: Readonly<Record<string, string>> = {
  'node_modules/@xstate/inspect': 'node_modules/xstate-v4',
  'node_modules/proxy-agent-negotiate': 'node_modules/https-proxy-agent',
};

/** The folder of the package that a module belongs to; undefined for a module of our own. */
const packageOf = (module: string): string | undefined =>
  /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(module)?.[0];

/** The outputs that have code of a package, by its folder. */
function packagesIn({ outputs }: Metafile): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [output, { inputs }] of Object.entries(outputs)) {
    for (const [module, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = bytesInOutput > 0 ? packageOf(module) : undefined;
      for (const each of [folder, folder && inside[folder]]) {
        if (each !== undefined) found.set(each, (found.get(each) ?? new Set()).add(output));
      }
    }
  }
  return found;
}

function licenseOf(folder: string): string {
  const name = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  if (name !== undefined) return readFileSync(join(folder, name), 'utf8').trim();
  const other = sameRepository[folder];
  if (other === undefined) throw new Error(`${folder} is bundled, and has no file of its licence`);
  return licenseOf(other);
}

function section(folder: string, outputs: ReadonlySet<string>): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `${name} ${version} (${license})\nin ${[...outputs].sort().join(', ')}\n\n${licenseOf(folder)}\n`;
}

/** Writes the licences of the packages whose code stands in what was built, of all builds of one run. */
export function thirdPartyLicenses(): Plugin {
  const all = new Map<string, Set<string>>();
  return {
    name: 'third-party-licenses',
    setup(build) {
      build.onEnd(({ metafile }) => {
        for (const [folder, outputs] of metafile ? packagesIn(metafile) : []) {
          // Names of chunks say nothing to a reader: their folders do.
          const folders = [...outputs].map((output) => output.replace(/\/[^/]*$/, ''));
          all.set(folder, new Set([...(all.get(folder) ?? []), ...folders]));
        }
        const sections = [...all].sort(([one], [other]) => (one < other ? -1 : 1));
        const texts = sections.map(([folder, outputs]) => section(folder, outputs));
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, texts.join(`\n${'-'.repeat(80)}\n\n`));
      });
    },
  };
}
