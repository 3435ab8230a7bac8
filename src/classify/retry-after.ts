import { statusOf } from './http-status.ts';
import { bodiesOf, headerOf } from './places.ts';
import { isPlainError } from './plain-error.ts';
import { isObject, read, readPath, textOf } from './read.ts';
import { relatedErrors } from './related.ts';

/** Headers that count milliseconds: of the model APIs, of Azure, of gRPC. */
const headersInMs = ['retry-after-ms', 'x-ms-retry-after-ms', 'grpc-retry-pushback-ms'] as const;

/** Headers that say when a limit is renewed. They come with every answer, so that they count only when it is used up. */
const headersOfReset = ['x-ratelimit-reset', 'x-rate-limit-reset', 'ratelimit-reset'] as const;

/** Fields that count seconds: of Slack's client, of Qdrant's, of Telegram's. */
const fieldsInSeconds: readonly (readonly string[])[] = [
  ['retryAfter'],
  ['retry_after'],
  ['parameters', 'retry_after'],
];

const decimal = /^\d+(\.\d+)?$/;

/** Google's RetryInfo, among the details of an error or in the JSON of its message: `"retryDelay": "34.07s"`. */
const retryDelay = /"retryDelay\\?"\s{0,3}:\s{0,3}\\?"(\d{1,9}(?:\.\d{1,9})?)s\\?"/;

/** How many details of an error are looked at. */
const maxDetails = 8;

/** Numbers from here on are instants in seconds, and those from the second on in milliseconds; below are seconds to wait. */
const leastInstant = 1e9;
const leastInstantMs = 1e12;

/**
 * How long the server that gave this error asks to be left alone, in whole ms, rounded up, or undefined where it does not
 * say. Of the error, or else of one behind it, the first of these: `retry-after-ms`; `retry-after` in seconds or as an HTTP
 * date, which is measured against the `Date` of the answer; the reset of a rate limit that is used up; the fields in which
 * clients and services say the same. Never throws.
 *
 * @param wallNow What the wall clock shows, in ms since 1970: for an instant in an answer without a `Date`.
 */
export function retryAfterMs(error: unknown, wallNow: number): number | undefined {
  // A plain error has nothing to say it with but its message.
  if (isPlainError(error)) return wholeMs(delayIn(textOf(error)));
  for (const related of relatedErrors(error)) {
    const ms = wholeMs(askedMs(related, wallNow));
    if (ms !== undefined) return ms;
  }
  return undefined;
}

function wholeMs(ms: number | undefined): number | undefined {
  return ms !== undefined && Number.isFinite(ms) ? Math.ceil(ms) : undefined;
}

function askedMs(error: unknown, wallNow: number): number | undefined {
  return (
    inMs(error) ??
    byRetryAfter(error, wallNow) ??
    byReset(error, wallNow) ??
    byField(error) ??
    byRetryInfo(error)
  );
}

function inMs(error: unknown): number | undefined {
  for (const name of headersInMs) {
    const ms = headerOf(error, name);
    if (ms !== undefined && decimal.test(ms)) return Number(ms);
  }
  return undefined;
}

function byRetryAfter(error: unknown, wallNow: number): number | undefined {
  const delay = headerOf(error, 'retry-after');
  if (delay === undefined) return undefined;
  if (decimal.test(delay)) return Number(delay) * 1_000;
  const at = dateOf(delay);
  return at === undefined ? undefined : Math.max(0, at - serverNow(error, wallNow));
}

function byReset(error: unknown, wallNow: number): number | undefined {
  const remaining = headerOf(error, 'x-ratelimit-remaining') ?? headerOf(error, 'ratelimit-remaining');
  if (remaining !== '0' && !(remaining === undefined && statusOf(error) === 429)) return undefined;
  for (const name of headersOfReset) {
    const reset = headerOf(error, name);
    if (reset === undefined || !decimal.test(reset)) continue;
    const number = Number(reset);
    if (number < leastInstant) return number * 1_000;
    const at = number < leastInstantMs ? number * 1_000 : number;
    return Math.max(0, at - serverNow(error, wallNow));
  }
  return undefined;
}

function byField(error: unknown): number | undefined {
  for (const body of bodiesOf(error)) {
    for (const field of fieldsInSeconds) {
      const seconds = plainText(readPath(body, field));
      if (decimal.test(seconds)) return Number(seconds) * (isInMs(body) ? 1 : 1_000);
    }
  }
  return undefined;
}

/** A number or a text as text; '' for an object, which may refuse to be one. */
const plainText = (value: unknown): string => (isObject(value) ? '' : String(value));

/** Discord's client counts milliseconds in a field of the same name. */
function isInMs(error: unknown): boolean {
  return typeof read(error, 'timeToReset') === 'number';
}

function byRetryInfo(error: unknown): number | undefined {
  for (const list of ['errorDetails', 'details']) {
    for (let index = 0; index < maxDetails; index += 1) {
      const delay = plainText(readPath(error, [list, `${index}`, 'retryDelay']));
      const seconds = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(delay)?.[1];
      if (seconds !== undefined) return Number(seconds) * 1_000;
    }
  }
  for (const body of bodiesOf(error)) {
    const ms = typeof body === 'string' ? delayIn(body) : undefined;
    if (ms !== undefined) return ms;
  }
  return undefined;
}

/** The delay that a text quotes from Google's JSON, in ms. */
function delayIn(text: string): number | undefined {
  const seconds = retryDelay.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

/** What the clock of the server showed when it answered: an instant of its own is to be measured by that. */
function serverNow(error: unknown, wallNow: number): number {
  const date = headerOf(error, 'date');
  return (date === undefined ? undefined : dateOf(date)) ?? wallNow;
}

/** The instant of an HTTP date. V8 sees one in any words before a number: `retry 5` is a day of May. */
function dateOf(text: string): number | undefined {
  const at = /^[A-Z].*:/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
