/** A description that completes the sentence "it must be …", and the check that a value must pass. */
export type Rule = readonly [must: string, holds: (value: unknown) => boolean];

/** Rules by field name. */
export type Rules<Field extends string = string> = Readonly<Record<Field, Rule>>;

/** Shows a value in an error message: short, on one line, and without ever throwing. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** Whether a value is an object of named fields, and not a list, map, set or null. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Map || value instanceof Set)
  );
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
export const isFunction = (value: unknown): value is (...args: unknown[]) => unknown =>
  typeof value === 'function';

export const aFunction: Rule = ['a function', isFunction];
export const aFunctionOrNull: Rule = ['a function or null', (value) => value === null || isFunction(value)];
export const anObject: Rule = ['an object', isPlainObject];
export const anything: Rule = ['anything', () => true];
export const aText: Rule = ['a non-empty string', (value) => typeof value === 'string' && value !== ''];
export const trueOrFalse: Rule = ['true or false', (value) => typeof value === 'boolean'];

export const positiveInteger: Rule = [
  'a positive integer',
  (value) => isNumber(value) && Number.isSafeInteger(value) && value > 0,
];
export const positiveIntegerOrInfinity: Rule = [
  'a positive integer or Infinity',
  (value) => value === Infinity || positiveInteger[1](value),
];
export const positiveMs: Rule = [
  'a finite number of milliseconds above 0',
  (value) => isNumber(value) && Number.isFinite(value) && value > 0,
];
export const ms: Rule = [
  'a finite number of milliseconds, 0 or more',
  (value) => isNumber(value) && Number.isFinite(value) && value >= 0,
];
export const factor: Rule = [
  'a finite number, 1 or more',
  (value) => isNumber(value) && Number.isFinite(value) && value >= 1,
];
export const share: Rule = [
  'a number above 0 and at most 1',
  (value) => isNumber(value) && value > 0 && value <= 1,
];
export const zeroOrMore: Rule = ['a number, 0 or more', (value) => isNumber(value) && value >= 0];

/** A whole number between two bounds, inclusive. */
export const wholeNumber = (from: number, to: number): Rule => [
  `a whole number from ${from} to ${to}`,
  (value) => Number.isInteger(value) && (value as number) >= from && (value as number) <= to,
];

/** One of a few words. */
export const oneOf = (words: readonly string[]): Rule => [
  `one of ${words.join(', ')}`,
  (value) => words.some((word) => word === value),
];

/**
 * Refuses a value that breaks its rule.
 *
 * @param name How the error names it: `circuit.minBackoffMs`.
 * @throws RangeError that names the field, the rule and the value.
 */
export function checkValue(value: unknown, name: string, [must, holds]: Rule): void {
  if (!holds(value)) throw new RangeError(`${name} must be ${must}, got ${show(value)}`);
}

/**
 * Refuses options that do not exist. It allocates nothing, because calls pass here.
 *
 * @param known An object whose keys are the names of the options that exist.
 * @throws TypeError for an unknown option, or for options that are not an object.
 */
export function checkOptionNames(options: unknown, known: object): void {
  if (!isPlainObject(options)) throw new TypeError(`options must be an object, got ${show(options)}`);
  for (const name in options) {
    if (name in known) continue;
    throw new TypeError(`${name} is not an option; the options are ${Object.keys(known).join(', ')}`);
  }
}

/**
 * Refuses fields that do not exist and values that break their rule. A field that is undefined counts as not given.
 *
 * @param path How errors name the object: `circuit`, `tools["search"]`.
 * @returns The fields that were given.
 * @throws TypeError for an unknown field or a value that is not an object, RangeError for an invalid value.
 */
export function checkFields<Options extends object>(
  given: unknown,
  rules: Rules<Extract<keyof Options, string>>,
  path: string,
): Partial<Options> {
  if (!isPlainObject(given)) throw new TypeError(`${path} must be an object, got ${show(given)}`);
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(rules, name)) {
      const fields = Object.keys(rules).join(', ');
      throw new TypeError(`${path}.${name} is not a setting; the settings of ${path} are ${fields}`);
    }
    if (value === undefined) continue;
    checkValue(value, `${path}.${name}`, (rules as Rules)[name] as Rule);
    checked[name] = value;
  }
  return checked as Partial<Options>;
}
