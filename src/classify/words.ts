import { type ErrorCategory, isErrorCategory } from '../../machines/categories.ts';
import { categoryOfClassName, isLanguageError, isLanguageErrorName } from './class-name.ts';
import { categoryOfCodeName } from './error-code.ts';
import { categoryOfStatus } from './http-status.ts';
import { hasExitCode } from './process-exit.ts';
import { textOf } from './read.ts';
import { categoryOfRpcCode } from './rpc-code.ts';
import { categoryOfWords } from './word-patterns.ts';

/** How an error looks that was turned into a string: `TimeoutError: …`, `Error: AbortError: …`. */
const leadingClass = /^(?:Uncaught )?(?:Error: )?([A-Za-z_$][\w$]{0,80}): /;

/** The MCP client's errors, as a server or a model passes them on. */
const rpcCode = /\bMCP error (-32\d{3})\b/;

/** A number is a status only where the text says so: `HTTP 503`, `status code 429`, `"status": 401`. */
const status =
  /(?<!\bexit(?:ed)?(?: with)?[ _-])\b(?:HTTP(?:\/\d(?:\.\d)?)?(?:[ _-](?:error|status|code|response)){0,2}|status(?:[ _-]?code)?)!?["']?(?:\s{0,3}[:=]\s{0,3}|\s{1,3})(?:(?:is|was|of) )?["'(]?([45]\d\d)\b(?!\.\d)/i;

/** What may be a code of the system, Node or undici. */
const codeWord = /\b[A-Z][A-Z0-9_]{4,60}\b/g;

/** The one missing file that is a missing program. */
const spawnFailure = /\bspawn .{1,300}? ENOENT\b/;

/**
 * The category by what an error says of itself, the weakest evidence of all. The words of a program that exited and of
 * wrong code are not trusted: both quote text that has nothing to do with the failure.
 */
export function byWords(error: unknown): ErrorCategory | undefined {
  if (hasExitCode(error) || isLanguageError(error)) return undefined;
  const text = textOf(error);
  if (isErrorCategory(text)) return text;
  const className = leadingClass.exec(text)?.[1] ?? '';
  return (
    byRpcCodeIn(text) ??
    categoryOfClassName(className) ??
    categoryOfStatus(Number(status.exec(text)?.[1])) ??
    byCodeIn(text) ??
    (isLanguageErrorName(className) ? undefined : categoryOfWords(text))
  );
}

function byRpcCodeIn(text: string): ErrorCategory | undefined {
  const code = rpcCode.exec(text)?.[1];
  return code === undefined ? undefined : categoryOfRpcCode(Number(code), text);
}

function byCodeIn(text: string): ErrorCategory | undefined {
  if (spawnFailure.test(text)) return 'toolNotFound';
  for (const [word] of text.matchAll(codeWord)) {
    const category = categoryOfCodeName(word);
    if (category !== undefined) return category;
  }
  return undefined;
}
