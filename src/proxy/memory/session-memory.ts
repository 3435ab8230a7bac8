import { isDeepStrictEqual } from 'node:util';
import type { ProxyLog } from '../log.ts';
import { isRefusal, reasonOf } from '../server/delivery-fault.ts';
import type { ServerLink } from '../server/server-link.ts';
import { resultAnswer } from '../session/answers.ts';
import type { ClientRequest } from '../session/client-request.ts';
import type { Failed } from '../session/unanswered.ts';
import { eraOf } from '../wire/era.ts';
import { type Json, Message } from '../wire/message.ts';
import { isBeginning, type ListKind, type ListMethod, listKinds, listOf } from './lists.ts';
import type { Content, Remembered, ServerMemory } from './server-memory.ts';

/** The key in a result's `_meta` that tells a remembered answer from a real one. */
const memoryKey = 'toolfuse/memory';

/** How many pages of a list are read when the server is there again, and how long each may take, in ms. */
const maxPages = 100;
const pageMs = 30_000;

export interface SessionMemoryOptions {
  readonly memory: ServerMemory;
  /** How long the server may take to answer, in ms, before its last answer is told in its place. */
  readonly waitMs: number;
  readonly link: () => ServerLink;
  readonly log: ProxyLog;
  /** What the client is to see of an answer of the server. */
  readonly dress: (request: ClientRequest, answer: Message) => Message;
  /** The server takes too long over this request. */
  readonly onSlow: (request: ClientRequest) => void;
  /** A list is not what the client was told. */
  readonly announce: (kind: ListKind) => void;
}

/** A list as it was told from memory. */
interface Told {
  readonly method: string;
  readonly list: ListMethod;
  readonly items: Json[];
}

/** Whether answers to this method are remembered. */
const isKept = (method: string): boolean => isBeginning(method) || listOf(method) !== undefined;

type Capabilities = { readonly [key: string]: Json | undefined };

/**
 * Keeps the session of a client that asks what a server is and has while it is not there: the client is told what the server
 * said last. When it is there again, its lists are read, and where one is not what was told, the client hears of it.
 */
export class SessionMemory {
  readonly #options: SessionMemoryOptions;
  readonly #slow = new Map<ClientRequest, NodeJS.Timeout>();
  /** The lists that were told from memory, by their methods, and not been compared yet. */
  readonly #told = new Map<string, Told>();
  /** The lists, and the beginning, that the server has told in this session. */
  readonly #served = new Set<string>();
  /** What was told from memory that the server can do, until it has spoken for itself. */
  #claimed: Capabilities | undefined;
  #version: Json | undefined;
  /** What it was told to be able to do, and is not. */
  #gone: ReadonlySet<string> = new Set();
  /** Whether the session was begun from memory. */
  #isBegun = false;
  #isComparing = false;
  readonly #startedAt = performance.now();
  /** Whether a run of the server has failed in this session: how long its start took is not known then. */
  #hasFailed = false;

  constructor(options: SessionMemoryOptions) {
    this.#options = options;
  }

  /** Whether the session was begun from memory, so that its client waits for the server to come. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /** How soon the server may be there, in ms: as long after its start as it took the last time. */
  get startMs(): number | undefined {
    return this.#options.memory.startMs;
  }

  /** The client waits for the server's answer to a request. */
  asked(request: ClientRequest): void {
    const { memory, waitMs, onSlow } = this.#options;
    const { method } = request;
    if (!isKept(method) || this.#served.has(method)) return;
    if (memory.recall(request) === undefined) return;
    const tell = (): void => {
      this.#slow.delete(request);
      onSlow(request);
    };
    this.#slow.set(request, setTimeout(tell, waitMs));
  }

  /** A run of the server was lost. */
  failed(): void {
    this.#hasFailed = true;
  }

  /** A request waits no longer. */
  ended(request: ClientRequest): void {
    clearTimeout(this.#slow.get(request));
    this.#slow.delete(request);
  }

  /** The server has answered a request. */
  heard(request: ClientRequest, answer: Message): void {
    this.ended(request);
    const { method } = request;
    if (isKept(method)) {
      this.#keep(request, answer);
      this.#served.add(method);
      // The client knows better now.
      if (!answer.isError) this.#told.delete(method);
    }
    if (this.#told.size > 0) void this.compare();
  }

  /** The server has answered a list whose client was told the last one already. */
  heardLate(request: ClientRequest, answer: Message): void {
    this.#keep(request, answer);
    this.#served.add(request.method);
    void this.compare();
  }

  /** A run of the server has agreed to the session that the client has begun. */
  agreed(message: Message, answer: Message): void {
    const { log, memory } = this.#options;
    const question = { method: message.method ?? '', era: eraOf(message), message };
    if (answer.isError) {
      memory.forget(question);
      return;
    }
    this.#keep(question, answer);
    this.#served.add(question.method);
    const result = answer.value('result') as Content | undefined;
    const capabilities = (result?.capabilities ?? {}) as Capabilities;
    if (this.#claimed === undefined) return;
    const gone = Object.keys(this.#claimed).filter((name) => capabilities[name] === undefined);
    this.#gone = new Set(gone);
    if (gone.length > 0) log.tell('memory.wrong', { lacks: gone.join(', ') });
    const { protocolVersion } = result ?? {};
    if (this.#version !== undefined && protocolVersion !== this.#version)
      log.tell('memory.wrong', { version: String(protocolVersion), told: String(this.#version) });
  }

  /** The answer to a request while the server is not there; undefined where none is known. @param why Why it is not. */
  recall(request: ClientRequest, why: string): Message | undefined {
    const remembered = this.#options.memory.recall(request);
    if (remembered === undefined) return undefined;
    const answer = this.#tell(request, remembered, why);
    this.#options.log.tell('memory.answered', { method: request.method, why });
    return answer;
  }

  /** The answer to a request that has failed since the server is not there; undefined where it is, or where none is known. */
  insteadOf(request: ClientRequest, failed: Failed): Message | undefined {
    switch (failed.how) {
      case 'lost':
        return this.recall(request, failed.end.why);
      case 'undelivered':
        // What a server refuses, it has heard.
        return isRefusal(failed.error) ? undefined : this.recall(request, reasonOf(failed.error));
      default:
        return undefined;
    }
  }

  /** The answer to a question that only a server could be asked that has what it was told to have; undefined for any other. */
  inPlaceOfGone(request: ClientRequest): Message | undefined {
    const list = listOf(request.method);
    if (list !== undefined)
      return this.#gone.has(list.kind) ? resultAnswer(request, { [list.member]: [] }) : undefined;
    return request.method === 'logging/setLevel' && this.#gone.has('logging')
      ? resultAnswer(request, {})
      : undefined;
  }

  /** The server is there: the lists that were told from memory are compared with what it has now. */
  async compare(): Promise<void> {
    if (this.#isComparing) return;
    this.#isComparing = true;
    try {
      const changed = new Set<ListKind>();
      for (const told of [...this.#told.values()]) {
        const items = await this.#read(told).catch(() => undefined);
        // The server could not be asked, or the client has asked meanwhile.
        if (items === undefined || this.#told.get(told.method) !== told) continue;
        this.#told.delete(told.method);
        if (!isSameList(told, items)) changed.add(told.list.kind);
      }
      for (const kind of listKinds) if (changed.has(kind)) this.#options.announce(kind);
    } finally {
      this.#isComparing = false;
    }
  }

  end(): void {
    for (const timer of this.#slow.values()) clearTimeout(timer);
    this.#slow.clear();
    this.#told.clear();
  }

  #keep(question: Parameters<ServerMemory['keep']>[0], answer: Message): void {
    const { memory } = this.#options;
    memory.keep(question, answer);
    const isFirst = isBeginning(question.method) && this.#served.size === 0 && !this.#hasFailed;
    if (isFirst && !answer.isError) memory.started(performance.now() - this.#startedAt);
  }

  #tell(request: ClientRequest, { at, isError, content }: Remembered, why: string): Message {
    const { link, dress } = this.#options;
    if (isError) return Message.answer(request.id, { error: content });
    if (isBeginning(request.method)) {
      this.#isBegun = true;
      this.#claimed = content.capabilities as Capabilities;
      this.#version = content.protocolVersion;
      link().begin(request.message, request.era, content.protocolVersion);
    } else this.#note(request, content);
    const told = isBeginning(request.method) ? withAnnouncements(content) : content;
    const _meta = { ...(told._meta as object), [memoryKey]: { at: new Date(at).toISOString(), why } };
    return dress(request, resultAnswer(request, { ...told, _meta } as { readonly [key: string]: Json }));
  }

  /** Notes what a client is told of a list. */
  #note({ method, message }: ClientRequest, content: Content): void {
    const list = listOf(method);
    if (list === undefined) return;
    const isFirst = message.text('params', 'cursor') === undefined;
    const before = isFirst ? [] : (this.#told.get(method)?.items ?? []);
    this.#told.set(method, { method, list, items: [...before, ...(content[list.member] as Json[])] });
  }

  /** All items of a list, as the server has them now. @throws Error if they cannot be read. */
  async #read({ method, list }: Told): Promise<readonly Json[]> {
    const { link, memory } = this.#options;
    const items: Json[] = [];
    let cursor: Json | undefined;
    for (let page = 0; page < maxPages; page++) {
      const { request, answer } = await link().inquire(method, cursor, pageMs);
      // A server that tells no such list has nothing on it.
      if (answer.isError) return [];
      memory.keep({ method, era: eraOf(request), message: request }, answer);
      const found = answer.value('result', list.member);
      if (Array.isArray(found)) items.push(...found);
      cursor = answer.value('result', 'nextCursor');
      if (cursor === undefined || cursor === null) break;
    }
    return items;
  }
}

/** The proxy itself tells the client when a list is not what it was told, so it says that it does. */
function withAnnouncements(content: Content): Content {
  const capabilities = { ...(content.capabilities as Capabilities) };
  for (const kind of listKinds) {
    const known = capabilities[kind];
    if (known !== undefined) capabilities[kind] = { ...(known as object), listChanged: true };
  }
  return { ...content, capabilities };
}

/** Whether two lists hold the same. Some servers list what they have in another order each time. */
function isSameList({ list, items }: Told, now: readonly Json[]): boolean {
  const nameOf = (item: Json): string => String((item as Content | null)?.[list.name]);
  const sorted = (all: readonly Json[]): Json[] =>
    all.toSorted((a, b) => {
      const [first, second] = [nameOf(a), nameOf(b)];
      return first < second ? -1 : Number(first > second);
    });
  return items.length === now.length && isDeepStrictEqual(sorted(items), sorted(now));
}
