import { describe, expect, it } from 'vitest';
import { errorText } from '../../../src/classify/error-text.ts';

describe('the message of an error, as it is shown', () => {
  it.each<[string, unknown, string | null]>([
    ['itself', new Error('it failed'), 'it failed'],
    ['the text that was thrown', 'it failed', 'it failed'],
    ['one line', new Error('it failed:\n\tno\r\nroom'), 'it failed: no room'],
    ['free of space around it', '  it failed\n', 'it failed'],
    ['free of control characters', 'it \u001b[31mfailed\u0000\u202e', 'it [31mfailed'],
    ['nothing for an empty message', new Error(''), null],
    ['nothing for a message of nothing but space', ' \n ', null],
    ['nothing for what has no message', { code: 7 }, null],
    ['whole up to 200 characters', 'x'.repeat(200), 'x'.repeat(200)],
    ['cut to 200 characters', 'x'.repeat(201), `${'x'.repeat(199)}…`],
  ])('is %s', (_what, error, expected) => {
    expect(errorText(error)).toBe(expected);
  });
});
