import { show } from '../../../machines/rule.ts';
import { NamePattern } from '../../registry/name-pattern.ts';
import { UsageError } from '../options/usage-error.ts';

/** The failures of some tools. */
interface ToolPattern {
  readonly isFor: (tool: string) => boolean;
  readonly matches: (text: string) => boolean;
}

/** What failures look like that servers do not call so, by the names of tools, in which `*` stands for any characters. */
export class FailurePatterns {
  readonly #patterns: readonly ToolPattern[];

  private constructor(patterns: readonly ToolPattern[]) {
    this.#patterns = patterns;
  }

  /**
   * Compiles regular expressions in the syntax of RE2, which take linear time: those of JavaScript could hang the proxy on an
   * answer that a server chooses.
   *
   * @returns undefined for none.
   * @throws UsageError for one that is not valid.
   */
  static async of(sources: Readonly<Record<string, string>>): Promise<FailurePatterns | undefined> {
    if (Object.keys(sources).length === 0) return undefined;
    const { RE2JS } = await import('re2js');
    const patterns = Object.entries(sources).map(([tool, source]) => {
      const isFor = NamePattern.isOne(tool)
        ? (name: string) => new NamePattern(tool).matches(name)
        : (name: string) => name === tool;
      try {
        const compiled = RE2JS.compile(source);
        return { isFor, matches: (text: string) => compiled.matcher(text).find() };
      } catch (error) {
        const why = (error as Error).message;
        throw new UsageError(
          `--failure-pattern ${tool} must be a regular expression in the syntax of RE2, got ${show(source)}: ${why}`,
        );
      }
    });
    return new FailurePatterns(patterns);
  }

  /** Whether there is one for a tool. */
  areFor(tool: string): boolean {
    return this.#patterns.some(({ isFor }) => isFor(tool));
  }

  /** Whether the text of a tool's answer is a failure. */
  match(tool: string, text: string): boolean {
    return this.#patterns.some(({ isFor, matches }) => isFor(tool) && matches(text));
  }
}
