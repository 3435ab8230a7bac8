import type { ErrorCategory } from 'toolfuse';

/** The error of a tool call that was answered and failed. `categorize` returns its `category`. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
  readonly category: ErrorCategory;
  /** Whether it may count against its tool. If not, it is the tool's answer: neither a failure nor a success. */
  readonly counts: boolean;

  constructor(
    category: ErrorCategory,
    message: string,
    { counts = true, ...options }: ErrorOptions & { readonly counts?: boolean } = {},
  ) {
    super(message, options);
    this.category = category;
    this.counts = counts;
  }
}
