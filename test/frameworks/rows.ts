/** Imports a package as it is installed for a framework. */
export type ImportReal = (name: string) => Promise<unknown>;

/** A table of outcomes: by what is tried, a function that tries it on the real framework and throws if it does not hold. */
export type Rows<Real> = Readonly<Record<string, (real: Real) => Promise<void>>>;

/** What a file of rows exports. */
export interface RowsModule<Real> {
  /** Loads the parts of the framework that the rows work with. */
  readonly load: (importReal: ImportReal, install: string) => Promise<Real>;
  readonly rows: Rows<Real>;
}

/** How one row ended, as the program that runs rows prints it. */
export interface RowOutcome {
  readonly row: string;
  /** What did not hold; null if all did. */
  readonly fault: string | null;
}
