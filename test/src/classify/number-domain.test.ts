import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';
import { hasForeignNumber, mailReplyOf } from '../../../src/classify/number-domain.ts';

const withFields = (fields: object) => Object.assign(new Error('it failed'), fields);

describe('a code of gRPC', () => {
  const codes = [
    [1, 'CANCELLED', 'cancelled'],
    [2, 'UNKNOWN', 'executionError'],
    [3, 'INVALID_ARGUMENT', 'invalidParameters'],
    [4, 'DEADLINE_EXCEEDED', 'timeout'],
    [5, 'NOT_FOUND', 'resourceNotFound'],
    [6, 'ALREADY_EXISTS', 'invalidParameters'],
    [7, 'PERMISSION_DENIED', 'permissionDenied'],
    [8, 'RESOURCE_EXHAUSTED', 'rateLimit'],
    [9, 'FAILED_PRECONDITION', 'invalidParameters'],
    [10, 'ABORTED', 'executionError'],
    [11, 'OUT_OF_RANGE', 'invalidParameters'],
    [12, 'UNIMPLEMENTED', 'toolNotFound'],
    [13, 'INTERNAL', 'serviceUnavailable'],
    [14, 'UNAVAILABLE', 'network'],
    [15, 'DATA_LOSS', 'serviceUnavailable'],
    [16, 'UNAUTHENTICATED', 'authentication'],
  ] as const;

  it.each(codes)('%i (%s) is %s', (code, name, category) => {
    expect(categorize(withFields({ code, details: 'it failed', metadata: {} }))).toBe(category);
    expect(
      categorize(withFields({ code, details: [], rawMessage: 'it failed', metadata: new Headers() })),
    ).toBe(category);
    expect(categorize(withFields({ code, rawMessage: 'it failed', metadata: new Headers() }))).toBe(category);
    expect(categorize(`${code} ${name}: it failed`)).toBe(category);
    expect(categorize(new Error(`${code} ${name}: it failed`))).toBe(category);
  });

  it.each(codes)('%i without details and metadata is an exit code', (code) => {
    expect(categorize(withFields({ code, message: 'timed out' }))).toBe('executionError');
  });

  it('is read before the words of its details', () => {
    const error = Object.assign(new Error('3 INVALID_ARGUMENT: "timeout" must be a number'), {
      code: 3,
      details: '"timeout" must be a number',
      metadata: {},
    });
    expect(categorize(error)).toBe('invalidParameters');
  });
});

describe('a code of MongoDB', () => {
  it.each([
    [11_000, 'DuplicateKey', 'invalidParameters'],
    [13, 'Unauthorized', 'permissionDenied'],
    [18, 'AuthenticationFailed', 'authentication'],
    [26, 'NamespaceNotFound', 'resourceNotFound'],
    [50, 'MaxTimeMSExpired', 'timeout'],
    [59, 'CommandNotFound', 'invalidParameters'],
    [91, 'ShutdownInProgress', 'serviceUnavailable'],
    [121, 'DocumentValidationFailure', 'invalidParameters'],
    [10_107, 'NotWritablePrimary', 'serviceUnavailable'],
    [16_500, 'TooManyRequests', 'rateLimit'],
    [112, 'WriteConflict', 'executionError'],
  ])('%i (%s) is %s', (code, codeName, category) => {
    expect(categorize(withFields({ code, codeName }))).toBe(category);
    expect(categorize(withFields({ code, name: 'MongoServerError' }))).toBe(category);
  });

  it('is no HTTP status, even one that is unknown', () => {
    expect(categorize(withFields({ code: 404, codeName: 'SomethingElse' }))).toBe('executionError');
    expect(categorize(withFields({ code: 503, name: 'MongoBulkWriteError' }))).toBe('executionError');
  });

  it('lets words count beside a code that is unknown', () => {
    expect(categorize(Object.assign(new Error('operation timed out'), { code: 112, codeName: 'Odd' }))).toBe(
      'timeout',
    );
  });
});

describe('the reply of a mail server', () => {
  it.each([
    [535, 'authentication'],
    [530, 'authentication'],
    [550, 'invalidParameters'],
    [553, 'invalidParameters'],
    [552, 'resourceExhausted'],
    [421, 'serviceUnavailable'],
    [554, 'policyViolation'],
  ])('%i is %s', (responseCode, category) => {
    expect(
      categorize(withFields({ responseCode, command: 'AUTH PLAIN', response: `${responseCode} no` })),
    ).toBe(category);
  });

  it.each([
    ['EAUTH', 'authentication'],
    ['EENVELOPE', 'invalidParameters'],
    ['EDNS', 'network'],
    ['ESOCKET', 'network'],
    ['ECONNECTION', 'network'],
    ['ETIMEDOUT', 'timeout'],
  ])('%s of nodemailer, before there was a reply, is %s', (code, category) => {
    expect(categorize(withFields({ code, command: 'CONN' }))).toBe(category);
  });
});

describe('the reply of a file server', () => {
  class FTPError extends Error {
    override name = 'FTPError';
    constructor(readonly code: number) {
      super(`${code} it failed`);
    }
  }

  it.each([
    [530, 'authentication'],
    [550, 'resourceNotFound'],
    [553, 'permissionDenied'],
    [421, 'serviceUnavailable'],
    [426, 'network'],
    [552, 'resourceExhausted'],
    [501, 'invalidParameters'],
    [451, 'executionError'],
  ])('%i is %s', (code, category) => {
    expect(categorize(new FTPError(code))).toBe(category);
  });
});

describe('the code with which a WebSocket was closed', () => {
  it.each([
    [1_006, 'network'],
    [1_008, 'policyViolation'],
    [1_011, 'serviceUnavailable'],
    [1_013, 'serviceUnavailable'],
    [3_000, 'authentication'],
    [4_400, 'executionError'],
  ])('%i is %s', (code, category) => {
    expect(categorize({ type: 'close', code, reason: '', wasClean: false })).toBe(category);
  });
});

describe('a number in the field `code`', () => {
  const grpc = { details: 'it failed', metadata: {} };
  const close = { type: 'close', wasClean: false };

  it.each<[string, object, boolean]>([
    ['0 of gRPC', { code: 0, ...grpc }, true],
    ['16 of gRPC', { code: 16, ...grpc }, true],
    ['17 beside details and metadata', { code: 17, ...grpc }, false],
    ['-1 beside details and metadata', { code: -1, ...grpc }, false],
    ['a status beside details and metadata', { code: 404, ...grpc }, false],
    ['5 beside metadata alone', { code: 5, metadata: {} }, false],
    ['5 beside details alone', { code: 5, details: 'it failed' }, false],
    ['a text beside details and metadata', { code: '5', ...grpc }, false],
    ['1000 of a WebSocket', { code: 1_000, ...close }, true],
    ['4999 of a WebSocket', { code: 4_999, ...close }, true],
    ['999 of a WebSocket', { code: 999, ...close }, false],
    ['5000 of a WebSocket', { code: 5_000, ...close }, false],
    ['1006 of whatever else', { code: 1_006 }, false],
    ['1006 beside a field that only has the name', { code: 1_006, wasClean: 'no' }, false],
  ])('is of a protocol, or is not: %s', (_which, fields, expected) => {
    expect(hasForeignNumber(fields)).toBe(expected);
  });

  it('of gRPC that is no whole number says nothing', () => {
    expect(categorize(withFields({ code: 2.5, ...grpc }))).toBe('executionError');
  });

  it('of a mail server is told from others by the command that it answers', () => {
    expect(mailReplyOf({ responseCode: 550, command: 'RCPT TO' })).toBe(550);
    expect(mailReplyOf({ responseCode: 550 })).toBeUndefined();
    expect(mailReplyOf({ responseCode: '550', command: 'RCPT TO' })).toBeUndefined();
    expect(categorize(withFields({ responseCode: 550 }))).toBe('executionError');
  });
});
