import { longestTimerMs } from '../../../machines/backoff.ts';

/** How the values of an option are read, from text as well as from JSON, and told of in help and schema. */
export interface Kind<Value> {
  /** Stands for a value in the help; none for a switch. */
  readonly placeholder?: string;
  /** What a value must be, in words. */
  readonly must: string;
  /** What it must be instead of one that holds what is secret, and is not to be told. */
  readonly mustInsteadOf?: (value: unknown) => string | undefined;
  readonly schema: Readonly<Record<string, unknown>>;
  /** Reads the text of a flag or of an environment variable; undefined for what cannot be meant. */
  readonly fromText: (text: string) => Value | undefined;
  /** Checks a value of a configuration file; undefined for what cannot be meant. */
  readonly fromJson: (value: unknown) => Value | undefined;
}

function number(
  placeholder: string,
  must: string,
  schema: Readonly<Record<string, unknown>>,
  holds: (value: number) => boolean,
): Kind<number> {
  const check = (value: unknown): number | undefined =>
    typeof value === 'number' && Number.isFinite(value) && holds(value) ? value : undefined;
  return {
    placeholder,
    must,
    schema,
    fromText: (value) => (value.trim() === '' ? undefined : check(Number(value))),
    fromJson: check,
  };
}

export const count: Kind<number> = number(
  'N',
  'a positive integer',
  { type: 'integer', minimum: 1 },
  (value) => Number.isSafeInteger(value) && value >= 1,
);

export const ms: Kind<number> = number(
  'MS',
  'a number of milliseconds, 0 or more',
  { type: 'number', minimum: 0 },
  (value) => value >= 0,
);

export const positiveMs: Kind<number> = number(
  'MS',
  `a number of milliseconds above 0, at most ${longestTimerMs}`,
  { type: 'number', exclusiveMinimum: 0, maximum: longestTimerMs },
  (value) => value > 0 && value <= longestTimerMs,
);

export const factor: Kind<number> = number(
  'N',
  'a number, 1 or more',
  { type: 'number', minimum: 1 },
  (value) => value >= 1,
);

export const megabytes: Kind<number> = number(
  'N',
  'a number of megabytes above 0, at most 512',
  { type: 'number', exclusiveMinimum: 0, maximum: 512 },
  (value) => value > 0 && value <= 512,
);

const nonEmpty = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined;

export const text = (placeholder: string): Kind<string> => ({
  placeholder,
  must: 'a text that is not empty',
  schema: { type: 'string', minLength: 1 },
  fromText: nonEmpty,
  fromJson: nonEmpty,
});

/** Whether a URL says who asks, which HTTP wants to be said by a header. */
const namesUser = (value: unknown): boolean => /^\s*https?:[\\/]*[^\\/?#]*@/i.test(String(value));

const httpUrl = (value: unknown): string | undefined =>
  typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value) && !namesUser(value)
    ? value
    : undefined;

export const url: Kind<string> = {
  placeholder: 'URL',
  must: 'a URL that begins with http: or https:',
  mustInsteadOf: (value) =>
    namesUser(value) ? 'a URL without a user and a password: give them by a header' : undefined,
  schema: { type: 'string', format: 'uri', pattern: '^https?:' },
  fromText: httpUrl,
  fromJson: httpUrl,
};

/** Where to listen. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

function addressOf(value: unknown): Address | undefined {
  const [, host, digits] = /^(?:(\[[\da-fA-F:]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(String(value)) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  return { host: (host ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
}

export const address: Kind<Address> = {
  placeholder: '[HOST:]PORT',
  must: 'a port from 0 to 65535, as 8808 or 127.0.0.1:8808',
  schema: { type: ['string', 'integer'] },
  fromText: addressOf,
  fromJson: addressOf,
};

export const choice = <Value extends string>(values: readonly Value[]): Kind<Value> => {
  const check = (value: unknown): Value | undefined => values.find((each) => each === value);
  return {
    placeholder: values.join('|'),
    must: `one of ${values.join(', ')}`,
    schema: { enum: values },
    fromText: check,
    fromJson: check,
  };
};

const words: Readonly<Record<string, boolean>> = {
  true: true,
  1: true,
  yes: true,
  false: false,
  0: false,
  no: false,
};

/** Given or not. */
export const onOff: Kind<boolean> = {
  must: 'true or false',
  schema: { type: 'boolean' },
  fromText: (value) => words[value.toLowerCase()],
  fromJson: (value) => (typeof value === 'boolean' ? value : undefined),
};
