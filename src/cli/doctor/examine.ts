import { version } from '../../../package.json';
import { METHOD_NOT_FOUND } from '../../classify/rpc-codes.ts';
import { versionIn } from '../../proxy/server/agreed-session.ts';
import { OwnRequests } from '../../proxy/server/own-requests.ts';
import type { Connect, ServerConnection, ServerEnd } from '../../proxy/server/server-connection.ts';
import { errorAnswer } from '../../proxy/session/answers.ts';
import { type Era, versionKey } from '../../proxy/wire/era.ts';
import { type Json, Message } from '../../proxy/wire/message.ts';

/** What a server says of itself, in one of the eras. */
export interface Examined {
  /** The revision of MCP that it agreed to, or the last of those that it offers. */
  readonly version: string;
  /** How long it took to answer for the first time, from its start on, in ms. */
  readonly startMs: number;
  readonly tools: number;
}

/** Why a server could not be examined. */
export class ExamineFault extends Error {
  /** What it was asked last. */
  readonly asked: string;
  /** How it ended, if it did. */
  readonly end: ServerEnd | undefined;
  /** The first line of its output that is no message. */
  readonly garbage: string | undefined;

  constructor(cause: unknown, state: Pick<ExamineFault, 'asked' | 'end' | 'garbage'>) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.asked = state.asked;
    this.end = state.end;
    this.garbage = state.garbage;
  }
}

const clientInfo = { name: 'toolfuse-doctor', version };
const legacyVersion = '2025-11-25';
const modernVersion = '2026-07-28';

const envelope = {
  [versionKey]: modernVersion,
  'io.modelcontextprotocol/clientInfo': clientInfo,
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** How many pages of tools are counted. */
const maxPages = 100;

/** The connections that are open: a command that is ended closes them. */
export class OpenConnections {
  readonly #open = new Set<ServerConnection>();

  add(connection: ServerConnection): void {
    this.#open.add(connection);
  }

  async close(connection: ServerConnection, how: 'gently' | 'now'): Promise<void> {
    await connection.close(how);
    this.#open.delete(connection);
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open].map((connection) => this.close(connection, 'now')));
  }
}

export interface ExamineOptions {
  readonly connect: Connect;
  readonly era: Era;
  /** How long it may take to answer for the first time, and then to tell its tools, in ms. */
  readonly timeoutMs: number;
  readonly open: OpenConnections;
}

/**
 * Starts a server, asks it what it is and which tools it has, and ends it.
 *
 * @throws ExamineFault
 */
export async function examine({ connect, era, timeoutMs, open }: ExamineOptions): Promise<Examined> {
  const own = new OwnRequests();
  const startedAt = performance.now();
  const state: { asked: string; end: ServerEnd | undefined; garbage: string | undefined } = {
    asked: '',
    end: undefined,
    garbage: undefined,
  };
  const connection = connect({
    together: (tell) => tell(),
    onDrain: () => {},
    onGarbage: (line) => {
      state.garbage ??= line.text('utf8', 0, 200).trim() || undefined;
    },
    onLongLine: () => {},
    onUndelivered: ({ id }, error) => own.reject(id ?? '', error as Error),
    onEnd: (end) => {
      state.end = end;
      own.rejectAll(end.why);
    },
    onMessage: (message) => {
      if (message.isResponse) own.resolve(message.id ?? '', message);
      else if (message.isRequest) connection.write(answerTo(message));
    },
  });
  open.add(connection);
  const ask = async (method: string, params: Json): Promise<Message> => {
    state.asked = method;
    // A server that could not even be started has no other way to say so.
    if (state.end !== undefined) throw new Error(state.end.why);
    const answer = await own.ask((request) => connection.write(request), method, params, timeoutMs);
    if (answer.isError) throw new Error(`it answers ${method} with an error: ${wordsOf(answer)}`);
    return answer;
  };
  try {
    const first = await (era === 'legacy' ? begin(ask, connection) : discover(ask));
    const startMs = performance.now() - startedAt;
    const tools = first.hasTools ? await countTools(ask, era) : 0;
    await open.close(connection, 'gently');
    return { version: first.version, startMs, tools };
  } catch (error) {
    // As it is now: that it is ended says nothing about it.
    const fault = new ExamineFault(error, { ...state });
    await open.close(connection, 'gently');
    throw fault;
  }
}

type Ask = (method: string, params: Json) => Promise<Message>;

interface First {
  readonly version: string;
  readonly hasTools: boolean;
}

async function begin(ask: Ask, connection: ServerConnection): Promise<First> {
  const answer = await ask('initialize', { protocolVersion: legacyVersion, capabilities: {}, clientInfo });
  const agreed = versionIn(answer) ?? legacyVersion;
  connection.agreeOn(agreed);
  connection.write(Message.of({ method: 'notifications/initialized' }));
  return { version: agreed, hasTools: hasTools(answer) };
}

async function discover(ask: Ask): Promise<First> {
  const answer = await ask('server/discover', { _meta: envelope });
  const supported = answer.value('result', 'supportedVersions');
  if (!Array.isArray(supported)) throw new Error('it does not say which revisions it speaks');
  if (!supported.includes(modernVersion)) throw new Error(`it speaks ${supported.join(', ')}`);
  return { version: modernVersion, hasTools: hasTools(answer) };
}

const hasTools = (answer: Message): boolean =>
  answer.placeOf('result', 'capabilities', 'tools') !== undefined;

async function countTools(ask: Ask, era: Era): Promise<number> {
  let count = 0;
  let cursor: Json | undefined;
  for (let page = 0; page < maxPages; page++) {
    const params: Json = {
      ...(era === 'modern' && { _meta: envelope }),
      ...(cursor !== undefined && { cursor }),
    };
    const answer = await ask('tools/list', params);
    const tools = answer.value('result', 'tools');
    count += Array.isArray(tools) ? tools.length : 0;
    cursor = answer.value('result', 'nextCursor');
    if (typeof cursor !== 'string') break;
  }
  return count;
}

/** An answer to a question of the server: it lives, and can do nothing. */
const answerTo = ({ id, method }: Message): Message =>
  method === 'ping'
    ? Message.answer(id as string, { result: {} })
    : errorAnswer(id as string, 'this client only looks', undefined, METHOD_NOT_FOUND);

const wordsOf = (answer: Message): string => {
  const message = answer.value('error', 'message');
  return typeof message === 'string' ? message.slice(0, 300) : 'without words';
};
