import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';
import { sqlStateOf } from '../../../src/classify/sql-state.ts';

/** An error of `pg`: its class is called `error`. */
const ofPostgres = (code: string, message = 'it failed') =>
  Object.assign(new Error(message), { code, severity: 'ERROR', routine: 'parse', name: 'error' });

const states = [
  ['42703', 'invalidParameters'],
  ['42P01', 'invalidParameters'],
  ['42601', 'invalidParameters'],
  ['22P02', 'invalidParameters'],
  ['23505', 'invalidParameters'],
  ['3D000', 'invalidParameters'],
  ['42501', 'permissionDenied'],
  ['25006', 'permissionDenied'],
  ['28P01', 'authentication'],
  ['53100', 'resourceExhausted'],
  ['53300', 'rateLimit'],
  ['55P03', 'timeout'],
  ['57P01', 'serviceUnavailable'],
  ['57P03', 'serviceUnavailable'],
  ['08006', 'network'],
  ['40001', 'executionError'],
  ['XX000', 'executionError'],
] as const;

describe('a SQLSTATE', () => {
  it.each(states)('%s is %s', (state, category) => {
    expect(categorize(ofPostgres(state))).toBe(category);
    expect(categorize(Object.assign(new Error('x'), { code: state, details: null, hint: null }))).toBe(
      category,
    );
    expect(categorize(Object.assign(new Error('x'), { code: 'ER_ODD', errno: 1, sqlState: state }))).toBe(
      category,
    );
    expect(categorize(`ERROR: it failed (SQLSTATE ${state})`)).toBe(category);
    expect(categorize(`SQLSTATE[${state}]: it failed`)).toBe(category);
    expect(categorize(`1146 (${state}): it failed`)).toBe(category);
    expect(categorize(`mysql.connector.errors.OddError: 1146 (${state}): it failed`)).toBe(category);
    expect(categorize(`('${state}', '[${state}] it failed')`)).toBe(category);
  });

  it.each(states)('%s says nothing where nothing says that it is one', (code) => {
    expect(categorize(Object.assign(new Error('x'), { code }))).toBe('executionError');
  });

  it.each([
    ['ERROR: prepared statement "stmtcache_1" does not exist (SQLSTATE 26000)', 'executionError'],
    ['ERROR: prepared statement "stmtcache_1" already exists (SQLSTATE 42P05)', 'executionError'],
    ['ERROR: portal "" does not exist (SQLSTATE 34000)', 'executionError'],
    ['ERROR: cached plan must not change result type (SQLSTATE 0A000)', 'executionError'],
    [
      'failed to connect to `user=app`: FATAL: database "app" does not exist (SQLSTATE 3D000)',
      'executionError',
    ],
    ["('42000', '[42000] Cannot open database. (4060) (SQLDriverConnect)')", 'executionError'],
    ["('42000', '[42000] The transaction log is full due to LOG_BACKUP. (9002)')", 'executionError'],
    ["('42000', '[42000] Could not allocate space: the filegroup is full. (1105)')", 'executionError'],
    ["('42000', '[42000] It is in transition. Try the statement later. (952)')", 'executionError'],
    ["('42000', '[42000] The request limit for the database is 60. (10928)')", 'rateLimit'],
    ["1932 (42S02): Table 'app.jobs' doesn't exist in engine", 'executionError'],
    ['FATAL: database "app" does not exist (SQLSTATE 3D000)', 'executionError'],
    ['ERROR: could not determine data type of parameter $1 (SQLSTATE 42P18)', 'executionError'],
    ['ERROR: no constraint matching the ON CONFLICT specification (SQLSTATE 42P10)', 'executionError'],
    ['ERROR: nextval: reached maximum value of sequence (SQLSTATE 2200H)', 'executionError'],
    ["1461 (42000): Can't create more than max_prepared_stmt_count statements", 'rateLimit'],
    ["1226 (42000): User 'app' has exceeded the 'max_questions' resource", 'rateLimit'],
    ["1226 (42000): User 'b' has exceeded the 'max_user_connections' resource", 'rateLimit'],
    ["SQLSTATE[42000] [1203] User root already has more than 'max_user_connections'", 'rateLimit'],
    ['failed to connect to `user=app`: FATAL: no (SQLSTATE 28P01)', 'authentication'],
  ])('that blames no statement is no fault of the caller: %s', (text, category) => {
    expect(categorize(text)).toBe(category);
  });

  it('of a statement that was ended is a timeout, or cancelled', () => {
    expect(categorize(ofPostgres('57014', 'canceling statement due to statement timeout'))).toBe('timeout');
    expect(categorize(ofPostgres('57014', 'canceling statement due to user request'))).toBe('cancelled');
  });

  it('of a statement that MariaDB ended is a timeout, or cancelled', () => {
    const ended = (message: string) =>
      Object.assign(new Error(message), { code: 'ER_ODD', errno: 1969, sqlState: '70100' });
    expect(categorize(ended('Query execution was interrupted (max_statement_time exceeded)'))).toBe(
      'timeout',
    );
    expect(categorize(ended('Query execution was interrupted'))).toBe('cancelled');
  });

  it('goes before the words, which quote names', () => {
    expect(categorize(ofPostgres('42703', 'column "timeout" does not exist'))).toBe('invalidParameters');
    expect(
      categorize(ofPostgres('23505', 'duplicate key value violates unique constraint "rate_limit_pk"')),
    ).toBe('invalidParameters');
  });

  it('may stand behind another error', () => {
    const original = ofPostgres('23505');
    expect(categorize(Object.assign(new Error('Validation error'), { parent: original, original }))).toBe(
      'invalidParameters',
    );
  });
});

describe('what says that a code is a SQLSTATE', () => {
  class DatabaseError extends Error {}
  class PostgresError extends Error {}
  class UniqueViolation extends DatabaseError {}

  it.each<[string, unknown, string | undefined]>([
    ['a field of that name', { sqlState: '42703' }, '42703'],
    ['a field of that name in small letters', { sqlstate: '42703' }, '42703'],
    ['a field with the mark that MySQL sends before it', { sqlState: '#42S02' }, '42S02'],
    ['no mark elsewhere', { sqlState: '42#703' }, undefined],
    ['a severity', { code: '42703', severity: 'ERROR' }, '42703'],
    ['a routine', { code: '42703', routine: 'errorMissingColumn' }, '42703'],
    ['a hint and details, as PostgREST has them', { code: '42703', hint: null, details: null }, '42703'],
    ['no hint alone', { code: '42703', hint: 'x' }, undefined],
    ['no details alone', { code: '42703', details: 'x' }, undefined],
    ["the class of pg's errors", Object.assign(new DatabaseError('x'), { code: '42703' }), '42703'],
    ["the class of postgres.js's errors", Object.assign(new PostgresError('x'), { code: '42703' }), '42703'],
    ['a class that extends it', Object.assign(new UniqueViolation('x'), { code: '23505' }), '23505'],
    ['no code of another shape', { code: 'ECONNRESET', severity: 'FATAL' }, undefined],
    ['no severity alone', { severity: 'ERROR' }, undefined],
  ])('is %s', (_what, error, expected) => {
    expect(sqlStateOf(error)).toBe(expected);
  });
});

describe("a database's own name for an error", () => {
  it.each([
    ['ER_ACCESS_DENIED_ERROR', '28000', 'authentication'],
    ['ER_DBACCESS_DENIED_ERROR', '42000', 'permissionDenied'],
    ['ER_TABLEACCESS_DENIED_ERROR', '42000', 'permissionDenied'],
    ['ER_CON_COUNT_ERROR', '08004', 'rateLimit'],
    ['ER_USER_LIMIT_REACHED', '42000', 'rateLimit'],
    ['ER_LOCK_WAIT_TIMEOUT', 'HY000', 'timeout'],
    ['ER_PARSE_ERROR', '42000', 'invalidParameters'],
    ['ER_NO_SUCH_TABLE', '42S02', 'invalidParameters'],
    ['ER_DUP_ENTRY', '23000', 'invalidParameters'],
    ['ER_SERVER_SHUTDOWN', '08S01', 'serviceUnavailable'],
  ])('goes before its SQLSTATE: %s (%s) is %s', (code, sqlState, category) => {
    expect(categorize(Object.assign(new Error('x'), { code, errno: 1, sqlState }))).toBe(category);
    expect(categorize(Object.assign(new Error('x'), { code }))).toBe(category);
    expect(categorize(`${code}: it failed`)).toBe(category);
  });

  it.each([
    ['PROTOCOL_CONNECTION_LOST', 'network'],
    ['PROTOCOL_SEQUENCE_TIMEOUT', 'timeout'],
    ['SQLITE_CONSTRAINT_UNIQUE', 'invalidParameters'],
    ['SQLITE_FULL', 'resourceExhausted'],
    ['SQLITE_READONLY_DBMOVED', 'permissionDenied'],
    ['SQLITE_CORRUPT', 'executionError'],
    ['NOT_SQLITE_FULL', 'executionError'],
    ['PGRST301', 'authentication'],
  ])('%s is %s', (code, category) => {
    expect(categorize(Object.assign(new Error('x'), { code }))).toBe(category);
  });

  it('is a short number for Prisma, beside its version', () => {
    expect(categorize(Object.assign(new Error('x'), { code: 'P1001', clientVersion: '7.0.0' }))).toBe(
      'network',
    );
    expect(categorize(Object.assign(new Error('x'), { code: 'P2025', clientVersion: '7.0.0' }))).toBe(
      'resourceNotFound',
    );
    expect(categorize(Object.assign(new Error('x'), { code: 'P1001' }))).toBe('executionError');
  });
});
