/** What a server says of a tool, in the list of its tools. */
interface Hints {
  readonly isRepeatable: boolean;
  readonly isDestructive: boolean;
}

/** How many tools are known: a server may list ever new ones. */
const maxTools = 10_000;

/**
 * What the server says its tools do: it is no proof, but nobody knows better. A tool of which it says nothing is neither repeatable nor
 * destructive.
 */
export class ToolHints {
  readonly #byTool = new Map<string, Hints>();

  /** Reads the tools of a page. Nothing about their shape is assumed. */
  learn(tools: readonly unknown[]): void {
    for (const tool of tools) {
      const { name, annotations } = (tool ?? {}) as { name?: unknown; annotations?: unknown };
      if (typeof name !== 'string' || (this.#byTool.size >= maxTools && !this.#byTool.has(name))) continue;
      const { readOnlyHint, idempotentHint, destructiveHint } = (annotations ?? {}) as Record<
        string,
        unknown
      >;
      const isRepeatable = readOnlyHint === true || idempotentHint === true;
      const isDestructive = destructiveHint === true && readOnlyHint !== true;
      if (isRepeatable || isDestructive) this.#byTool.set(name, { isRepeatable, isDestructive });
      else this.#byTool.delete(name);
    }
  }

  /** Whether a second call does no more than the first: the tool changes nothing, or the same thing again. */
  isRepeatable(tool: string): boolean {
    return this.#byTool.get(tool)?.isRepeatable === true;
  }

  /** Whether it may destroy something. */
  isDestructive(tool: string): boolean {
    return this.#byTool.get(tool)?.isDestructive === true;
  }
}
