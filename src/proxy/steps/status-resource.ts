import { METHOD_NOT_FOUND } from '../../classify/rpc-codes.ts';
import { resultAnswer } from '../session/answers.ts';
import type { ClientRequest } from '../session/client-request.ts';
import { type Json, Message } from '../wire/message.ts';
import type { OwnAnswer, Step } from './step.ts';

export const statusUri = 'toolfuse://status';

const resource = {
  uri: statusUri,
  name: 'toolfuse status',
  description: 'The circuits of this server and its tools: which calls would be refused now, and until when.',
  mimeType: 'application/json',
};

type Result = { readonly capabilities?: { readonly resources?: object } | null; readonly resources?: Json };

/** The result of an answer. A server may send anything: undefined where it is not an object. */
function resultOf(answer: Message): Result | undefined {
  const result = answer.value('result');
  return typeof result === 'object' && result !== null ? (result as Result) : undefined;
}

/** Adds the circuits to the server's resources, and answers for that one. */
export class StatusResource implements Step {
  readonly #status: () => unknown;
  /** Whether the server has resources of its own. */
  #serverHasResources = true;

  constructor(status: () => unknown) {
    this.#status = status;
  }

  request(request: ClientRequest): OwnAnswer | undefined {
    const result = this.#resultOf(request.message);
    return result === undefined ? undefined : { answer: resultAnswer(request, result) };
  }

  answer(request: ClientRequest, answer: Message): Message | undefined {
    const { method, message } = request;
    if (answer.isError) return this.#withoutResources(request, answer);
    if (method === 'initialize' || method === 'server/discover') return this.#withResources(answer);
    // The first page alone has it, however many there are.
    const isFirstPage = method === 'resources/list' && message.text('params', 'cursor') === undefined;
    return isFirstPage ? withResource(answer) : undefined;
  }

  dress(request: ClientRequest, remembered: Message): Message | undefined {
    return this.answer(request, remembered);
  }

  /** A modern client may ask for resources without having asked first what the server has. */
  #withoutResources(request: ClientRequest, answer: Message): Message | undefined {
    if (request.method !== 'resources/list' && request.method !== 'resources/templates/list')
      return undefined;
    if (answer.value('error', 'code') !== METHOD_NOT_FOUND) return undefined;
    this.#serverHasResources = false;
    return this.request(request)?.answer;
  }

  /** The result of a request that the server cannot answer; undefined for every other request. */
  #resultOf(request: Message): { readonly [key: string]: Json } | undefined {
    if (request.method === 'resources/read' && request.value('params', 'uri') === statusUri) {
      const text = JSON.stringify(this.#status(), null, 2);
      return { contents: [{ uri: statusUri, mimeType: 'application/json', text }] };
    }
    if (this.#serverHasResources) return undefined;
    if (request.method === 'resources/list') return { resources: [resource] };
    // A client that hears of resources may ask for templates, too.
    return request.method === 'resources/templates/list' ? { resourceTemplates: [] } : undefined;
  }

  /** Says that there are resources, for a server that has none. */
  #withResources(answer: Message): Message | undefined {
    const result = resultOf(answer);
    if (result === undefined) return undefined;
    this.#serverHasResources = result.capabilities?.resources !== undefined;
    if (this.#serverHasResources) return undefined;
    const capabilities = { ...result.capabilities, resources: {} };
    return Message.answer(answer.id as string, { result: { ...result, capabilities } as Json });
  }
}

function withResource(answer: Message): Message | undefined {
  const result = resultOf(answer);
  if (result === undefined) return undefined;
  const resources = Array.isArray(result.resources) ? result.resources : [];
  return Message.answer(answer.id as string, {
    result: { ...result, resources: [...resources, resource] } as Json,
  });
}
