import { maxTimerMs } from '../../../machines/backoff.ts';

/** How the values of a setting are read, from text and from JSON, and described in the help and the schema. */
export interface Kind<Value> {
  /** Stands for a value in the help. A switch has none. */
  readonly placeholder?: string;
  /** What a value must be, in words that follow "must be". */
  readonly must: string;
  /** The same for a wrong value that holds a secret, and must not be shown; undefined for any other value. */
  readonly mustInsteadOf?: (value: unknown) => string | undefined;
  readonly schema: Readonly<Record<string, unknown>>;
  /** Reads the text of a flag or an environment variable; undefined for an invalid one. */
  readonly fromText: (text: string) => Value | undefined;
  /** Checks a value of a configuration file; undefined for an invalid one. */
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
  `a number of milliseconds above 0, at most ${maxTimerMs}`,
  { type: 'number', exclusiveMinimum: 0, maximum: maxTimerMs },
  (value) => value > 0 && value <= maxTimerMs,
);

export const factor: Kind<number> = number(
  'N',
  'a number, 1 or more',
  { type: 'number', minimum: 1 },
  (value) => value >= 1,
);

export const rate: Kind<number> = number(
  'RATE',
  'a number above 0, at most 1',
  { type: 'number', exclusiveMinimum: 0, maximum: 1 },
  (value) => value > 0 && value <= 1,
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
  must: 'a non-empty string',
  schema: { type: 'string', minLength: 1 },
  fromText: nonEmpty,
  fromJson: nonEmpty,
});

/** Whether a URL holds a user name. HTTP wants credentials in a header. */
const namesUser = (value: unknown): boolean => /^\s*https?:[\\/]*[^\\/?#]*@/i.test(String(value));

const httpUrl = (value: unknown): string | undefined =>
  typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value) && !namesUser(value)
    ? value
    : undefined;

export const url: Kind<string> = {
  placeholder: 'URL',
  must: 'a URL that begins with http: or https:',
  mustInsteadOf: (value) => {
    if (namesUser(value)) return 'a URL without user and password: put them in a header';
    // What follows is often a key.
    return /[?#]/.test(String(value)) ? 'a URL that begins with http: or https:' : undefined;
  },
  schema: { type: 'string', format: 'uri', pattern: '^https?:' },
  fromText: httpUrl,
  fromJson: httpUrl,
};

const isRedisUrl = (value: unknown): value is string =>
  typeof value === 'string' && /^rediss?:\/\//.test(value) && URL.canParse(value);

/** The URL of a server of Redis or Valkey. It may hold a password, so that a wrong one is not shown. */
export const redisUrl: Kind<string> = {
  placeholder: 'URL',
  must: 'a URL that begins with redis:// or rediss://',
  mustInsteadOf: (value) =>
    String(value).includes('@')
      ? 'a URL that begins with redis:// or rediss://, with a valid address'
      : undefined,
  schema: { type: 'string', format: 'uri', pattern: '^rediss?://' },
  fromText: (value) => (isRedisUrl(value) ? value : undefined),
  fromJson: (value) => (isRedisUrl(value) ? value : undefined),
};

/** An origin as browsers name it; undefined for anything else, such as a URL with a path. */
function originOf(value: string): string | undefined {
  const text = value.trim();
  if (!/^[a-z][\w+.-]*:\/\/[^/\\?#\s]+$/i.test(text) || !URL.canParse(text)) return undefined;
  const { origin, protocol, host } = new URL(text);
  // Pages of browser extensions and desktop programs have schemes of their own.
  return origin === 'null' ? `${protocol}//${host}` : origin;
}

function originsOf(values: unknown): readonly string[] | undefined {
  if (!Array.isArray(values) || values.length === 0) return undefined;
  const origins = values.map((each) => (typeof each === 'string' ? originOf(each) : undefined));
  return origins.every((each) => each !== undefined) ? origins : undefined;
}

/** Origins of pages, from a list with commas or a JSON array. */
export const origins: Kind<readonly string[]> = {
  placeholder: 'ORIGINS',
  must: 'a list of origins, such as https://app.example or http://localhost:3000, separated by commas',
  schema: { type: 'array', items: { type: 'string' }, minItems: 1 },
  fromText: (value) => originsOf(value.split(',')),
  fromJson: originsOf,
};

/** An address to listen at. */
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
  must: 'a port from 0 to 65535, such as 8808 or 127.0.0.1:8808',
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

const isPath = (value: unknown): value is string =>
  typeof value === 'string' && /^[\w$-]{1,100}(?:\.[\w$-]{1,100}){0,9}$/.test(value);

/** A path into the arguments of a call. Of a URL, its last part may name the host or the origin. */
export const keyPath: Kind<string> = {
  placeholder: 'PATH',
  must: 'a path into the arguments, such as tenant, user.id or url.host',
  schema: { type: 'string', pattern: '^[\\w$-]+(\\.[\\w$-]+)*$' },
  fromText: (value) => (isPath(value) ? value : undefined),
  fromJson: (value) => (isPath(value) ? value : undefined),
};

/** A switch. */
export const onOff: Kind<boolean> = {
  must: 'true or false',
  schema: { type: 'boolean' },
  fromText: (value) => words[value.toLowerCase()],
  fromJson: (value) => (typeof value === 'boolean' ? value : undefined),
};
