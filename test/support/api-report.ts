import ts from 'typescript';

/** A name that users import, `toolfuse/machines` say, and the file of its declarations. */
export interface EntryPoint {
  readonly name: string;
  readonly file: string;
}

const options: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  // Names are followed to their declarations, and no type is checked: the standard library need not be read.
  noLib: true,
  types: [],
};

/** A program of these files and those that they share. What they import from packages stays a name. */
function programOf(files: readonly string[]): ts.Program {
  const host = ts.createCompilerHost(options);
  host.resolveModuleNameLiterals = (modules, importer) =>
    modules.map(({ text }) =>
      text.startsWith('.')
        ? ts.resolveModuleName(text, importer, options, host)
        : { resolvedModule: undefined },
    );
  return ts.createProgram(files, options, host);
}

/** The whole statement of a declaration: that of a variable begins two nodes further up. */
const statementOf = (declaration: ts.Declaration): ts.Node =>
  ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;

const isTopLevel = (symbol: ts.Symbol): boolean =>
  symbol.declarations?.some((declaration) => ts.isSourceFile(statementOf(declaration).parent)) ?? false;

const isAlias = (symbol: ts.Symbol): boolean => (symbol.flags & ts.SymbolFlags.Alias) !== 0;

/** The package that a name is imported from; undefined for a name of our own. */
function packageOf(alias: ts.Symbol): string | undefined {
  const statement = ts.findAncestor(alias.declarations?.[0], ts.isImportDeclaration);
  if (!statement || !ts.isStringLiteral(statement.moduleSpecifier)) return undefined;
  const { text } = statement.moduleSpecifier;
  return text.startsWith('.') ? undefined : text;
}

const printer = ts.createPrinter({ removeComments: true });

/** What a symbol is declared as, without comments. */
const textOf = (symbol: ts.Symbol): string =>
  (symbol.declarations ?? [])
    .map((declaration) =>
      printer
        .printNode(ts.EmitHint.Unspecified, statementOf(declaration), declaration.getSourceFile())
        .replace(/^(export )?(declare )?/, ''),
    )
    .join('\n');

/** The names that stand in a declaration and were declared, or imported, at the top of a file. */
function namesIn(symbol: ts.Symbol, checker: ts.TypeChecker): Set<ts.Symbol> {
  const found = new Set<ts.Symbol>();
  const visit = (node: ts.Node): void => {
    const named = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
    if (named && (isAlias(named) || isTopLevel(named))) found.add(named);
    ts.forEachChild(node, visit);
  };
  for (const declaration of symbol.declarations ?? []) visit(declaration);
  return found;
}

/** Names, and the modules that they come from, as one statement a module. */
class Names {
  readonly #byModule = new Map<string, Set<string>>();
  readonly #namespaces = new Set<string>();

  /** Adds a name as an import has it: `name`, `name as other` or `* as other`. */
  add(module: string, name: string): void {
    if (name.startsWith('*')) this.#namespaces.add(`import ${name} from '${module}';`);
    else this.#byModule.set(module, (this.#byModule.get(module) ?? new Set()).add(name));
  }

  statements(keyword: 'import' | 'export'): string[] {
    // A name a line, so that a change reads well.
    const named = [...this.#byModule].map(
      ([module, names]) =>
        `${keyword} {\n${[...names]
          .sort()
          .map((name) => `    ${name},\n`)
          .join('')}} from '${module}';`,
    );
    return [...this.#namespaces, ...named].sort();
  }
}

/** Pairs of a name and what stands for it, in the order of the names. */
const byName = <Value>(pairs: Iterable<readonly [string, Value]>): (readonly [string, Value])[] =>
  [...pairs].sort(([one], [other]) => (one < other ? -1 : 1));

const section = (title: string, statements: readonly string[]): string =>
  statements.length === 0 ? '' : `\n## ${title}\n\n\`\`\`ts\n${statements.join('\n\n')}\n\`\`\`\n`;

/**
 * What a package publishes, by the name of the entry point, as Markdown: each declaration that is exported, and each
 * other one that those name. A declaration is shown once, by the first entry point that exports it or else names it.
 */
export function apiReports(entryPoints: readonly EntryPoint[]): ReadonlyMap<string, string> {
  const program = programOf(entryPoints.map(({ file }) => file));
  const checker = program.getTypeChecker();

  /** What a name stands for, whatever files hand it on. */
  const originOf = (symbol: ts.Symbol): ts.Symbol => {
    const origin = isAlias(symbol) ? checker.getAliasedSymbol(symbol) : symbol;
    if (!origin.declarations) throw new Error(`${symbol.name} is declared in no file of the package`);
    return checker.getExportSymbolOfSymbol(origin);
  };

  const exportsOf = ({ file }: EntryPoint): ReadonlyMap<string, ts.Symbol> => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} is not a module`);
    return new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, originOf(symbol)]));
  };

  const shownBy = new Map<ts.Symbol, EntryPoint>();
  const show = (symbol: ts.Symbol, entryPoint: EntryPoint): EntryPoint => {
    const first = shownBy.get(symbol) ?? entryPoint;
    shownBy.set(symbol, first);
    return first;
  };
  for (const entryPoint of entryPoints) {
    for (const symbol of exportsOf(entryPoint).values()) show(symbol, entryPoint);
  }

  const reportOf = (entryPoint: EntryPoint): string => {
    const exported = exportsOf(entryPoint);
    const imports = new Names();
    const reexports = new Names();
    const declarations: string[] = [];
    const hidden: [name: string, text: string][] = [];

    // It grows while it is walked over.
    const reached = new Set(exported.values());
    for (const symbol of reached) {
      const isExported = exported.get(symbol.name) === symbol;
      const { name: home } = show(symbol, entryPoint);
      if (home !== entryPoint.name) {
        if (!isExported) imports.add(home, symbol.name);
        continue;
      }
      if (!isExported) hidden.push([symbol.name, textOf(symbol)]);
      for (const named of namesIn(symbol, checker)) {
        const from = packageOf(named);
        if (from === undefined) reached.add(originOf(named));
        else imports.add(from, named.declarations?.[0]?.getText() ?? named.name);
      }
    }
    for (const [name, symbol] of byName(exported)) {
      const home = shownBy.get(symbol)?.name ?? entryPoint.name;
      if (home !== entryPoint.name) reexports.add(home, name);
      else
        declarations.push(
          `export ${name === symbol.name ? textOf(symbol) : `{ ${symbol.name} as ${name} };`}`,
        );
    }
    return [
      `# API of \`${entryPoint.name}\`\n`,
      '\nWhat the package declares for its users, without comments. `npm run api` writes this file.\n',
      section('Imported', imports.statements('import')),
      section('Exported', [...reexports.statements('export'), ...declarations]),
      section(
        'Not exported, but named by what is',
        byName(hidden).map(([, text]) => text),
      ),
    ].join('');
  };
  return new Map(entryPoints.map((entryPoint) => [entryPoint.name, reportOf(entryPoint)]));
}
