import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { folderOf } from './installed.ts';
import { type InstallName, installs } from './versions.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const project = ts.parseJsonConfigFileContent(
  ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile).config,
  ts.sys,
  root,
);

/** Those of `tsc --strict`. With more, the types of some frameworks do not fit each other. */
const options: ts.CompilerOptions = {
  ...project.options,
  exactOptionalPropertyTypes: false,
  noUncheckedIndexedAccess: false,
  typeRoots: [`${root}node_modules/@types`],
};

/** The code of a program in `test/frameworks/programs`. */
export const programText = (program: string): string =>
  readFileSync(new URL(`programs/${program}`, import.meta.url), 'utf8');

/** What was read of packages and of our sources. It is the same for every program. */
const sources = new Map<string, ts.SourceFile | undefined>();

/** How packages are found, by the set that is installed. */
const resolutions = new Map<InstallName, ts.ModuleResolutionCache>();

function resolutionsOf(install: InstallName): ts.ModuleResolutionCache {
  const known = resolutions.get(install);
  if (known !== undefined) return known;
  const cache = ts.createModuleResolutionCache(root, (name) => name, options);
  resolutions.set(install, cache);
  return cache;
}

/**
 * What a strict compiler says of a program, with the types of an installed framework.
 *
 * @returns A line for each fault.
 */
export function typeFaults(code: string, install: InstallName): string[] {
  // The program stands where the packages are, so that their types are found as a user's compiler finds them.
  const path = join(folderOf(install), 'program.ts');
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => file === path || fileExists(file);
  host.readFile = (file) => (file === path ? code : readFile(file));
  host.getSourceFile = (file, target, ...rest) => {
    if (file === path) return ts.createSourceFile(file, code, target);
    if (!sources.has(file)) sources.set(file, getSourceFile(file, target, ...rest));
    return sources.get(file);
  };
  // Our adapters name types of the packages, too, and stand elsewhere.
  const packages = Object.keys(installs[install].packages);
  const isOfPackages = (name: string): boolean =>
    packages.some((each) => name === each || name.startsWith(`${each}/`));
  const cache = resolutionsOf(install);
  host.resolveModuleNameLiterals = (modules, importer, redirected, given) =>
    modules.map(({ text }) =>
      ts.resolveModuleName(text, isOfPackages(text) ? path : importer, given, host, cache, redirected),
    );
  const compiled = ts.createProgram([path], options, host);
  const source = compiled.getSourceFile(path);
  return [...compiled.getSyntacticDiagnostics(source), ...compiled.getSemanticDiagnostics(source)].map(
    ({ start = 0, messageText }) =>
      `line ${(source?.getLineAndCharacterOfPosition(start).line ?? -1) + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
  );
}
