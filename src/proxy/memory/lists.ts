/** Something that a server has lists of. Also the capability that it is offered by. */
export type ListKind = 'tools' | 'prompts' | 'resources';

export const listKinds: readonly ListKind[] = ['tools', 'prompts', 'resources'];

/** A list that a client can ask a server for, page by page. */
export interface ListMethod {
  readonly kind: ListKind;
  /** The member of a result that holds the items of a page. */
  readonly member: string;
  /** The member of an item that tells it from the others. */
  readonly name: string;
}

const methods: Readonly<Record<string, ListMethod>> = {
  'tools/list': { kind: 'tools', member: 'tools', name: 'name' },
  'prompts/list': { kind: 'prompts', member: 'prompts', name: 'name' },
  'resources/list': { kind: 'resources', member: 'resources', name: 'uri' },
  'resources/templates/list': { kind: 'resources', member: 'resourceTemplates', name: 'uriTemplate' },
};

/** The list that a method asks for; undefined for any other method. */
export const listOf = (method: string): ListMethod | undefined =>
  Object.hasOwn(methods, method) ? methods[method] : undefined;

/** Whether a request begins a session: by it, a client gets to know the server. */
export const isBeginning = (method: string): boolean =>
  method === 'initialize' || method === 'server/discover';
