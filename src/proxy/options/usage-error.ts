/** What was typed or configured cannot be used. Its message says what is wrong; the command prints it and exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
