import type { ErrorCategory } from '../../machines/categories.ts';
import { classNames } from './class-name.ts';
import { firstGroup } from './first-group.ts';
import { read, readName, textOf } from './read.ts';

/** What single SQLSTATEs mean, where their class says another thing or nothing. */
const categoryOfState: ReadonlyMap<string, ErrorCategory> = new Map([
  ['08004', 'rateLimit'],
  // Statements that a pool has mixed up, or whose code does not fit the schema.
  ['2200H', 'executionError'],
  ['26000', 'executionError'],
  ['34000', 'executionError'],
  ['42P05', 'executionError'],
  ['42P10', 'executionError'],
  ['42P18', 'executionError'],
  ['25006', 'permissionDenied'],
  ['42501', 'permissionDenied'],
  ['53300', 'rateLimit'],
  ['55P03', 'timeout'],
  ['57P01', 'serviceUnavailable'],
  ['57P02', 'serviceUnavailable'],
  ['57P03', 'serviceUnavailable'],
  ['57P05', 'timeout'],
  ['HYT00', 'timeout'],
  ['HYT01', 'timeout'],
]);

/** What the classes of SQLSTATE mean, their first two characters. */
const categoryOfClass: ReadonlyMap<string, ErrorCategory> = new Map([
  ['07', 'invalidParameters'],
  ['08', 'network'],
  ['0A', 'invalidParameters'],
  ['21', 'invalidParameters'],
  ['22', 'invalidParameters'],
  ['23', 'invalidParameters'],
  ['26', 'invalidParameters'],
  ['28', 'authentication'],
  ['34', 'invalidParameters'],
  ['3D', 'invalidParameters'],
  ['3F', 'invalidParameters'],
  ['42', 'invalidParameters'],
  ['44', 'invalidParameters'],
  ['53', 'resourceExhausted'],
  ['54', 'invalidParameters'],
]);

/** What databases that have names for their errors call them: MySQL, SQLite, PostgREST. */
const codesOfCategory: readonly (readonly [ErrorCategory, string])[] = [
  ['authentication', 'ER_ACCESS_DENIED_ERROR PGRST301 PGRST302 PGRST303'],
  ['permissionDenied', 'ER_DBACCESS_DENIED_ERROR ER_TABLEACCESS_DENIED_ERROR ER_COLUMNACCESS_DENIED_ERROR'],
  ['permissionDenied', 'ER_SPECIFIC_ACCESS_DENIED_ERROR ER_OPTION_PREVENTS_STATEMENT ER_HOST_NOT_PRIVILEGED'],
  ['permissionDenied', 'SQLITE_PERM SQLITE_AUTH SQLITE_READONLY'],
  ['rateLimit', 'ER_CON_COUNT_ERROR ER_TOO_MANY_USER_CONNECTIONS ER_USER_LIMIT_REACHED ER_HOST_IS_BLOCKED'],
  ['timeout', 'ER_LOCK_WAIT_TIMEOUT ER_QUERY_TIMEOUT ER_STATEMENT_TIMEOUT PROTOCOL_SEQUENCE_TIMEOUT'],
  ['cancelled', 'SQLITE_INTERRUPT'],
  ['serviceUnavailable', 'ER_SERVER_SHUTDOWN ER_NORMAL_SHUTDOWN'],
  ['resourceExhausted', 'ER_DISK_FULL ER_OUT_OF_RESOURCES ER_OUTOFMEMORY SQLITE_FULL SQLITE_NOMEM'],
  ['invalidParameters', 'ER_PARSE_ERROR ER_SYNTAX_ERROR ER_NO_SUCH_TABLE ER_BAD_FIELD_ERROR ER_BAD_DB_ERROR'],
  ['invalidParameters', 'ER_DUP_ENTRY ER_BAD_NULL_ERROR ER_DATA_TOO_LONG ER_TRUNCATED_WRONG_VALUE'],
  [
    'invalidParameters',
    'ER_NO_REFERENCED_ROW ER_NO_REFERENCED_ROW_2 ER_ROW_IS_REFERENCED ER_ROW_IS_REFERENCED_2',
  ],
  ['invalidParameters', 'SQLITE_CONSTRAINT SQLITE_ERROR SQLITE_MISMATCH SQLITE_RANGE SQLITE_TOOBIG'],
  ['resourceNotFound', 'PGRST116'],
  ['network', 'PROTOCOL_CONNECTION_LOST PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR PROTOCOL_ENQUEUE_AFTER_QUIT'],
];

const categoryOfName: ReadonlyMap<string, ErrorCategory> = new Map(
  codesOfCategory.flatMap(([category, codes]) => codes.split(' ').map((code) => [code, category] as const)),
);

/** Prisma's numbers, which are Prisma's beside its version only. */
const categoryOfPrisma: ReadonlyMap<string, ErrorCategory> = new Map([
  ['P1000', 'authentication'],
  ['P1001', 'network'],
  ['P1002', 'timeout'],
  ['P1008', 'timeout'],
  ['P1010', 'permissionDenied'],
  ['P1017', 'network'],
  ['P2002', 'invalidParameters'],
  ['P2003', 'invalidParameters'],
  ['P2024', 'timeout'],
  ['P2025', 'resourceNotFound'],
]);

const inText: readonly RegExp[] = [
  // `(SQLSTATE 42703)`, `SQLSTATE[42S02]`.
  /\bSQLSTATE[ :=([]{1,3}([0-9A-Z]{5})\b/,
  // MySQL's for Python, and pyodbc: `1146 (42S02): Table …`, `('42S02', '…')`.
  /^(?:[\w.]{1,80}: )?(?:\('|\d{4,6} \()([0-9A-Z]{5})(?:', |\): )/,
];

const sqlState = /^[0-9A-Z]{5}$/;

/** Why a database ended a statement: its own time limit is no wish of the caller's. */
const byTimeLimit = /\btimeout\b|\bmax_statement_time\b|\bmaximum statement execution time\b/i;

/** MySQL and SQL Server have one state for statements that are wrong and for users with too many of them. */
const byUserLimit =
  /\bhas exceeded the 'max_|\bmax_(?:user_)?connections\b|\bmax_prepared_stmt_count\b|\brequest limit for the database\b/;

/** The tool is set up with a database that is not there, is damaged or full, or has outlived a change of the schema. */
const notOfStatement =
  /\bfailed to connect\b|^FATAL: |\(SQLDriverConnect\)|\bcached plan must not change\b|\bdoesn't exist in engine\b|\bis full (?:due to|because)\b|\bfilegroup is full\b|\bTry the statement later\b/;

function categoryOfSqlState(state: string, message: string): ErrorCategory | undefined {
  if (state === '57014' || state === '70100') return byTimeLimit.test(message) ? 'timeout' : 'cancelled';
  const category = categoryOfState.get(state) ?? categoryOfClass.get(state.slice(0, 2));
  if (category !== 'invalidParameters') return category;
  if (byUserLimit.test(message)) return 'rateLimit';
  return notOfStatement.test(message) ? 'executionError' : category;
}

/** The SQLSTATE of an error, where something beside it says that it is one: five characters may be anything. */
export function sqlStateOf(error: unknown): string | undefined {
  const own = readName(error, 'sqlState') ?? readName(error, 'sqlstate');
  const state = own?.replace(/^#/, '') ?? readName(error, 'code');
  if (state === undefined || !sqlState.test(state)) return undefined;
  const isOne =
    own !== undefined ||
    readName(error, 'severity') !== undefined ||
    readName(error, 'routine') !== undefined ||
    (read(error, 'hint') !== undefined && read(error, 'details') !== undefined) ||
    classNames(error).some((name) => name === 'DatabaseError' || name === 'PostgresError');
  return isOne ? state : undefined;
}

function byName(error: unknown): ErrorCategory | undefined {
  const code = readName(error, 'code');
  if (code === undefined) return undefined;
  const isOfPrisma = read(error, 'clientVersion') !== undefined;
  return (isOfPrisma ? categoryOfPrisma.get(code) : undefined) ?? categoryOfSqlName(code);
}

/** The category of the name that a database has for an error, as in a message. */
export function categoryOfSqlName(code: string): ErrorCategory | undefined {
  const sqlite = /^SQLITE_[A-Z]+/.exec(code)?.[0];
  return categoryOfName.get(sqlite ?? code);
}

/** The category of what a database answers: its own name for the error, which says more, then its SQLSTATE. */
export function bySqlState(error: unknown): ErrorCategory | undefined {
  const state = sqlStateOf(error);
  return byName(error) ?? (state === undefined ? undefined : categoryOfSqlState(state, textOf(error)));
}

/** The category of the SQLSTATE that a text names. */
export function bySqlStateIn(text: string): ErrorCategory | undefined {
  const state = firstGroup(inText, text);
  return state === undefined ? undefined : categoryOfSqlState(state, text);
}
