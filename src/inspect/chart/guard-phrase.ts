import { isFields, listOf, nameOf, textOf } from './definition.ts';
import { inWords } from './words.ts';

/** Names that XState or a bundler gives to a guard that is an anonymous function. */
const nameless = /^(guard|anonymous|)$/;

const joined = (guards: unknown, word: string): string =>
  listOf(guards)
    .map((guard) => guardPhrase(guard))
    .join(` ${word} `);

/** A guard as a phrase: `backoffHasRunOut` is "backoff has run out". */
export function guardPhrase(guard: unknown): string {
  const name = nameOf(guard).replace(/^xstate\./, '');
  // Unless they were serialised, XState's own `and`, `or`, `not` and `stateIn` are functions that carry their arguments.
  const made = typeof guard === 'function' || isFields(guard) ? (guard as { readonly guards?: unknown }) : {};
  if (made.guards !== undefined) {
    if (name === 'not') return `not ${joined(made.guards, '')}`;
    if (name === 'and' || name === 'or') return joined(made.guards, name);
  }
  if (name === 'stateIn') {
    const { stateValue } = made as { readonly stateValue?: unknown };
    return `in ${textOf(stateValue)?.replace(/^#/, '') ?? 'a state'}`;
  }
  return nameless.test(name) ? 'condition' : inWords(name);
}
