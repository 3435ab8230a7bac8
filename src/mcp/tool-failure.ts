import type { ErrorCategory } from 'toolfuse';

/** A call of a tool that was answered, and failed. Its `category` is what `categorize` gives for it. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
  readonly category: ErrorCategory;

  constructor(category: ErrorCategory, message: string, options?: ErrorOptions) {
    super(message, options);
    this.category = category;
  }
}
