import { isPlainError } from './plain-error.ts';
import { read } from './read.ts';
import { relatedErrors } from './related.ts';

/** Where the common clients keep the headers of a response that they turned into an error. */
const placesOfHeaders = [['headers'], ['response', 'headers'], ['responseHeaders']] as const;

function header(error: unknown, name: string): string | undefined {
  for (const place of placesOfHeaders) {
    const headers = place.reduce<unknown>(read, error);
    const get = read(headers, 'get');
    let value: unknown;
    try {
      value = typeof get === 'function' ? get.call(headers, name) : read(headers, name);
    } catch {
      continue;
    }
    const text = typeof value === 'number' ? String(value) : value;
    // `Number('')` is 0: an empty header says nothing.
    if (typeof text === 'string' && text.trim() !== '' && text.length <= 64) return text.trim();
  }
  return undefined;
}

const decimal = /^\d+(\.\d+)?$/;

/**
 * How long the server that gave this error asks to be left alone, in ms, or undefined where it does not say:
 * `retry-after-ms`, then `retry-after` in seconds or as an HTTP date, of the error or of one behind it. Never throws.
 */
export function retryAfterMs(error: unknown, wallNow: number): number | undefined {
  if (isPlainError(error)) return undefined;
  for (const related of relatedErrors(error)) {
    const ms = header(related, 'retry-after-ms');
    if (ms !== undefined && decimal.test(ms)) return Number(ms);
    const delay = header(related, 'retry-after');
    if (delay === undefined) continue;
    if (decimal.test(delay)) return Number(delay) * 1000;
    const date = /^[A-Z]/i.test(delay) ? Date.parse(delay) : Number.NaN;
    if (!Number.isNaN(date)) return Math.max(0, date - wallNow);
  }
  return undefined;
}
