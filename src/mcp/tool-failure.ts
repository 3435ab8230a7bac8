import type { ErrorCategory } from 'toolfuse';

/** The error of a tool call that was answered and failed. `categorize` returns its `category`. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
  readonly category: ErrorCategory;

  constructor(category: ErrorCategory, message: string, options?: ErrorOptions) {
    super(message, options);
    this.category = category;
  }
}
