import { type Json, Message } from '../wire/message.ts';

export const statusUri = 'toolfuse://status';

const resource: Json = {
  uri: statusUri,
  name: 'toolfuse status',
  description: 'The circuits of this server and its tools: which calls would be refused now, and until when.',
  mimeType: 'application/json',
};

type Result = { readonly capabilities?: { readonly resources?: object } | null; readonly resources?: Json };

/** Anything may come from a server: undefined for what is no object. */
function resultOf(answer: Message): Result | undefined {
  const result = answer.value('result');
  return typeof result === 'object' && result !== null ? (result as Result) : undefined;
}

/** The circuits, as one more resource of the server. */
export class StatusResource {
  readonly #status: () => unknown;
  /** Whether the server has resources of its own. */
  #serverHasResources = true;

  constructor(status: () => unknown) {
    this.#status = status;
  }

  /** The answer to a request that the server cannot answer; undefined for all others. */
  answer(request: Message): Message | undefined {
    const id = request.id as string;
    if (request.method === 'resources/read' && request.value('params', 'uri') === statusUri) {
      const text = JSON.stringify(this.#status(), null, 2);
      return Message.answer(id, {
        result: { contents: [{ uri: statusUri, mimeType: 'application/json', text }] },
      });
    }
    if (this.#serverHasResources) return undefined;
    if (request.method === 'resources/list') {
      return Message.answer(id, { result: { resources: [resource] } });
    }
    // Who has heard that there are resources may ask for templates, too.
    if (request.method === 'resources/templates/list') {
      return Message.answer(id, { result: { resourceTemplates: [] } });
    }
    return undefined;
  }

  /** What the client is to see of the answer to a request. */
  see(request: Message, answer: Message): Message {
    const isAsked = request.method === 'initialize' || request.method === 'resources/list';
    const result = isAsked ? resultOf(answer) : undefined;
    if (result === undefined) return answer;
    const id = answer.id as string;
    if (request.method === 'initialize') {
      this.#serverHasResources = result.capabilities?.resources !== undefined;
      if (this.#serverHasResources) return answer;
      const capabilities = { ...result.capabilities, resources: {} };
      return Message.answer(id, { result: { ...result, capabilities } as Json });
    }
    // Once, however many pages there are.
    if (request.text('params', 'cursor') !== undefined) return answer;
    const resources = Array.isArray(result.resources) ? result.resources : [];
    return Message.answer(id, { result: { ...result, resources: [...resources, resource] } as Json });
  }
}
