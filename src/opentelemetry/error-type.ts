import type { ErrorCategory } from 'toolfuse';

/** What names the kind of an error, and not one occurrence of it. */
const ofFewKinds = /^[A-Za-z_][\w.]{0,60}$/;

/** The attribute `error.type`: the name of the error's class, or its category if it was given as nothing else. */
export function errorTypeOf(failure: unknown, category: ErrorCategory): string {
  try {
    const { name } = failure as { readonly name?: unknown };
    if (failure instanceof Error && typeof name === 'string' && ofFewKinds.test(name)) return name;
  } catch {
    // It is not to be read.
  }
  return category;
}
