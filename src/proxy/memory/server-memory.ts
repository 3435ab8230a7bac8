import { type Era, versionKey } from '../wire/era.ts';
import type { Json, Message } from '../wire/message.ts';
import { isBeginning, listOf } from './lists.ts';
import { type KeptAnswer, type MemoryFile, maxAnswers } from './memory-file.ts';
import type { SecretValues } from './secret-values.ts';

/** What of a request says what is asked. */
export interface Question {
  readonly method: string;
  readonly era: Era;
  readonly message: Message;
}

export type Content = { readonly [key: string]: Json | undefined };

/** An answer of the past. */
export interface Remembered {
  /** When the server last gave it, in ms since 1970. */
  readonly at: number;
  readonly isError: boolean;
  /** The result, or the error. */
  readonly content: Content;
}

export interface ServerMemoryOptions {
  readonly file: MemoryFile;
  readonly secrets: Pick<SecretValues, 'areIn'>;
  /** The memory cannot be read or written. The proxy goes on without. */
  readonly onTrouble: (what: string) => void;
}

/** How much is remembered of a server, in bytes of JSON. */
export const maxBytes = 4 * 2 ** 20;

/** How soon a change is written, in ms. */
const saveMs = 200;

/**
 * What a server answered last when it was asked what it is and what it has: for clients that ask while it is not there.
 * All sessions of a proxy share it, and so do all later proxies of the same server.
 */
export class ServerMemory {
  readonly #options: ServerMemoryOptions;
  readonly #answers: Map<string, KeptAnswer>;
  #startMs: number | undefined;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #isChanged = false;
  #told: string | undefined;

  constructor(options: ServerMemoryOptions) {
    this.#options = options;
    const kept = this.#contained('cannot be used', () => options.file.load());
    this.#answers = new Map();
    for (const [key, answer] of kept?.answers ?? []) this.#put(key, answer);
    this.#startMs = kept?.startMs;
  }

  /** How long the last good start of the server took, in ms; undefined where that is not known. */
  get startMs(): number | undefined {
    return this.#startMs;
  }

  /** The server has started, and this long (ms) after it answered for the first time. */
  started(ms: number): void {
    this.#startMs = Math.round(ms);
    this.#isChanged = true;
  }

  /** The server has answered a question. Anything but what it is and what it has is not kept. */
  keep(question: Question, answer: Message): void {
    const key = keyOf(question);
    if (key === undefined) return;
    const { isError } = answer;
    // A server without a list says so each time, and at once. That it does not know `server/discover` tells its era.
    if (isError && question.method !== 'server/discover') return;
    const said = answer.text(isError ? 'error' : 'result') ?? '';
    const before = this.#answers.get(key);
    if (before?.text === said) {
      this.#answers.set(key, { ...before, at: Date.now() });
      this.#isChanged = true;
      return;
    }
    // The other pages belong to a list that is no more.
    if (before !== undefined && key === pagesOf(question)) this.#forgetPages(key);
    const isSound = contentOf(said, question, isError) !== undefined;
    if (isSound && !this.#isSecret(said)) this.#put(key, { at: Date.now(), isError, text: said });
    else this.#drop(key);
    this.#saveSoon();
  }

  /** What the server answered last to such a question; undefined where it did not. */
  recall(question: Question): Remembered | undefined {
    const key = keyOf(question);
    const kept = key === undefined ? undefined : (this.#answers.get(key) ?? this.#otherVersion(question));
    const content = kept && contentOf(kept.text, question, kept.isError);
    return kept && content && { at: kept.at, isError: kept.isError, content: this.#whole(question, content) };
  }

  /** The server is not any more what it was. */
  forget(question: Question): void {
    const key = keyOf(question);
    if (key === undefined || !this.#answers.has(key)) return;
    this.#drop(key);
    this.#saveSoon();
  }

  /** Writes what has not been written yet. */
  save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#isChanged || this.#answers.size === 0) return;
    this.#isChanged = false;
    this.#contained('cannot be written', () =>
      this.#options.file.save({ startMs: this.#startMs, answers: this.#answers }),
    );
  }

  /** A client may ask for another version than the one before it. What the server speaks, it spoke then. */
  #otherVersion({ method }: Question): KeptAnswer | undefined {
    if (method !== 'initialize') return undefined;
    const all = [...this.#answers].filter(([key]) => key.startsWith('legacy initialize '));
    return all.map(([, answer]) => answer).sort((a, b) => b.at - a.at)[0];
  }

  /** A page that is not known is not to be asked for. */
  #whole(question: Question, content: Content): Content {
    if (listOf(question.method) === undefined || content.nextCursor === undefined) return content;
    const next = `${question.era} ${question.method} ${JSON.stringify(content.nextCursor)}`;
    if (this.#answers.has(next)) return content;
    const { nextCursor: _, ...rest } = content;
    return rest;
  }

  #isSecret(said: string): boolean {
    // As JavaScript writes it, so that no escape hides anything.
    return this.#options.secrets.areIn(said) || this.#options.secrets.areIn(JSON.stringify(JSON.parse(said)));
  }

  #forgetPages(first: string): void {
    for (const key of this.#answers.keys()) if (key !== first && key.startsWith(first)) this.#drop(key);
  }

  #put(key: string, answer: KeptAnswer): void {
    this.#drop(key);
    const bytes = Buffer.byteLength(key) + Buffer.byteLength(answer.text);
    if (this.#bytes + bytes > maxBytes || this.#answers.size >= maxAnswers) return;
    this.#answers.set(key, answer);
    this.#bytes += bytes;
  }

  #drop(key: string): void {
    const { text } = this.#answers.get(key) ?? {};
    if (text === undefined) return;
    this.#answers.delete(key);
    this.#bytes -= Buffer.byteLength(key) + Buffer.byteLength(text);
  }

  #saveSoon(): void {
    this.#isChanged = true;
    this.#timer ??= setTimeout(() => this.save(), saveMs).unref();
  }

  /** Nothing that is wrong with a memory stops the proxy. The same trouble is told once in a row. */
  #contained<Value>(what: string, work: () => Value): Value | undefined {
    try {
      const value = work();
      this.#told = undefined;
      return value;
    } catch (error) {
      const words = `the memory of the server ${what}: ${(error as Error).message}`;
      if (this.#told !== words) this.#options.onTrouble(words);
      this.#told = words;
      return undefined;
    }
  }
}

const cursorPath = ['params', 'cursor'] as const;

/** The key of a list's first page, which the keys of its other pages begin with. */
const pagesOf = ({ era, method }: Question): string => `${era} ${method} `;

/** What is asked, as the key of its answer; undefined for what is not remembered. */
function keyOf(question: Question): string | undefined {
  const { method, era, message } = question;
  if (listOf(method) !== undefined) return pagesOf(question) + (message.text(...cursorPath) ?? '');
  if (!isBeginning(method) || (method === 'initialize') === (era === 'modern')) return undefined;
  const version =
    method === 'initialize'
      ? message.text('params', 'protocolVersion')
      : message.text('params', '_meta', versionKey);
  return `${era} ${method} ${version ?? ''}`;
}

/** The content of an answer that makes sense to a client; undefined for any other one. */
function contentOf(text: string, { method }: Question, isError: boolean): Content | undefined {
  let content: Content;
  try {
    content = JSON.parse(text) as Content;
  } catch {
    return undefined;
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return undefined;
  if (isError) return typeof content.code === 'number' ? content : undefined;
  const list = listOf(method);
  if (list !== undefined) return Array.isArray(content[list.member]) ? content : undefined;
  const { protocolVersion, supportedVersions, capabilities } = content;
  const hasVersion =
    method === 'initialize' ? typeof protocolVersion === 'string' : Array.isArray(supportedVersions);
  return hasVersion && typeof capabilities === 'object' && capabilities !== null ? content : undefined;
}
