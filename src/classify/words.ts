import { type ErrorCategory, isErrorCategory } from '../../machines/categories.ts';
import { categoryOfClassName, isLanguageError, isLanguageErrorName } from './class-name.ts';
import { categoryOfCodeName, categoryOfConnectCode } from './error-code.ts';
import { firstGroup } from './first-group.ts';
import { byGrpcCodeIn } from './grpc-code.ts';
import { categoryOfStatus } from './http-status.ts';
import { keyedValues } from './keyed-values.ts';
import { byNetErrorIn } from './net-error.ts';
import { hasExitCode } from './process-exit.ts';
import { read, textOf } from './read.ts';
import { categoryOfReason, firstReason } from './reason.ts';
import { byRedisReplyIn } from './redis-reply.ts';
import { categoryOfRpcCode } from './rpc-code.ts';
import { INTERNAL_ERROR } from './rpc-codes.ts';
import { bySqlStateIn } from './sql-state.ts';
import { unquoted, withoutIdentifiers } from './unquoted.ts';
import { categoryOfWords } from './word-patterns.ts';

/** How an error looks that was turned into a string: `TimeoutError: …`, `Error: AbortError: …`, `httpx.ReadTimeout: …`. */
const leadingClass = /^(?:Uncaught )?(?:Error: )?(?:[a-z_]\w{0,40}\.){0,6}([A-Za-z_$][\w$]{0,80}): /;

/** The MCP client's errors, as a server or a model passes them on. */
const rpcCode = /\bMCP error (-32\d{3})\b/;

/** The code that says nothing by itself: the words behind it decide. */
const internalError = `MCP error ${INTERNAL_ERROR}`;

/** A number is a status only where the text says so: `HTTP 503`, `status code 429`, `"status": 401`. */
const status =
  /(?<!\bexit(?:ed)?(?: with)?[ _-])\b(?:HTTP(?:\/\d(?:\.\d)?)?(?:[ _-](?:error|status|code|response)){0,2}|status(?:[ _-]?code)?|unexpected (?:server )?response)!?["']?(?:\s{0,3}[:=]\s{0,3}|\s{1,3})(?:(?:is|was|of) )?["'(]?([45]\d\d)\b(?!\.\d)/i;

/** The words that clients have before or behind a status, by which it is one. */
const statusesOfClients: readonly RegExp[] = [
  // requests and aiohttp: `404 Client Error: Not Found for url: …`.
  /\b([45]\d\d)(?: (?:Client|Server) Error: |, message=')/,
  // httpx, reqwest: `Client error '404 Not Found' for url`, `HTTP status client error (404 Not Found)`.
  /\b(?:client|server) error ['(]([45]\d\d) /i,
  // In the order of the words: curl and git, .NET, got, OpenAI's and Anthropic's clients for Python, boto3, Google's.
  /\b(?:returned (?:an )?error: \(?|does not indicate success: |response code |error code: |an error occurred \(|httperror )([45]\d\d)\b/i,
  // OpenSearch: `TransportError(503, …)`.
  /\b[A-Z]\w{0,40}(?:Error|Exception)\(([45]\d\d)\b/,
  // The clients of OpenAI and Anthropic for TypeScript; Spring.
  /^(?:Error: )?([45]\d\d)(?: status code \(| \{"| : |: \[)/,
];

/** What may be a code of the system, Node or undici. */
const codeWord = /(\bconnect )?\b([A-Z][A-Z0-9_]{4,60})\b/g;

/** What is plainly the name of a failure and not of a setting: `INTERNAL_ERROR`, `rate_limit_exceeded`. */
const reasonWord = /\b[A-Za-z]{2,30}(?:_[A-Za-z]{1,30}){0,4}_(?:error|exceeded|exhausted|denied|quota)\b/gi;

/** The one missing file that is a missing program. */
const spawnFailure = /\bspawn .{1,300}? ENOENT\b|\bexecutable file not found in \$PATH/;

/**
 * The category by what an error says of itself, the weakest evidence of all: first what is data (the codes of protocols,
 * the name of a class, a status, values under keys, codes), then words. Codes and words count outside of quotes and paths
 * only. The text of a program that exited and of wrong code is not trusted: both quote what has nothing to do with the
 * failure.
 */
export function byWords(error: unknown): ErrorCategory | undefined {
  if (hasExitCode(error) || isLanguageError(error)) return undefined;
  const text = textOf(error);
  if (!isInternalError(error)) return categoryOfText(text);
  const at = text.lastIndexOf(internalError);
  const said = at === -1 ? text : text.slice(at + internalError.length).replace(/^: /, '');
  const category = categoryOfText(said);
  // What was aborted is the server's own work, and not this call.
  return category === 'cancelled' ? undefined : category;
}

/** Whether an error has MCP's code for any error inside a server, and no other code before it. */
function isInternalError(error: unknown): boolean {
  const code = rpcCode.exec(textOf(error))?.[1];
  return code === undefined ? read(error, 'code') === INTERNAL_ERROR : Number(code) === INTERNAL_ERROR;
}

/** The category of MCP's code for any error inside a server, for where no words say more. */
export function byInternalError(error: unknown): ErrorCategory | undefined {
  return isInternalError(error) ? 'serviceUnavailable' : undefined;
}

function categoryOfText(text: string): ErrorCategory | undefined {
  if (isErrorCategory(text)) return text;
  const className = leadingClass.exec(text)?.[1] ?? '';
  const plain = unquoted(text);
  return (
    byRpcCodeIn(text) ??
    byGrpcCodeIn(text) ??
    byRedisReplyIn(text) ??
    bySqlStateIn(text) ??
    categoryOfClassName(className) ??
    byStatusIn(text) ??
    firstReason(keyedValues(text)) ??
    byCodeIn(text, plain) ??
    byNetErrorIn(plain) ??
    byReasonIn(plain) ??
    (isLanguageErrorName(className) ? undefined : categoryOfWords(withoutIdentifiers(plain)))
  );
}

function byRpcCodeIn(text: string): ErrorCategory | undefined {
  const code = rpcCode.exec(text)?.[1];
  return code === undefined ? undefined : categoryOfRpcCode(Number(code), text);
}

function byStatusIn(text: string): ErrorCategory | undefined {
  return categoryOfStatus(Number(firstGroup([status, ...statusesOfClients], text)));
}

function byCodeIn(text: string, plain: string): ErrorCategory | undefined {
  if (spawnFailure.test(text)) return 'toolNotFound';
  for (const [, connect, code = ''] of plain.matchAll(codeWord)) {
    const category =
      connect !== undefined && code.startsWith('E') ? categoryOfConnectCode(code) : categoryOfCodeName(code);
    if (category !== undefined) return category;
  }
  return undefined;
}

function byReasonIn(plain: string): ErrorCategory | undefined {
  for (const [word] of plain.matchAll(reasonWord)) {
    const category = categoryOfReason(word);
    if (category !== undefined) return category;
  }
  return undefined;
}
