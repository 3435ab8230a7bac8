import type { Content } from './scripted-session.ts';

/** What a modern client says in each of its requests. */
export const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'me', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
};

/** A request of a modern client. */
export const modern = (
  id: number | string,
  method: string,
  params: object = {},
  meta: object = {},
): Content => ({
  jsonrpc: '2.0',
  id,
  method,
  params: { ...params, _meta: { ...envelope, ...meta } },
});

export const modernCall = (id: number | string, name = 'search'): Content =>
  modern(id, 'tools/call', { name, arguments: {} });

export const discover = (id: number | string = 'probe'): Content => modern(id, 'server/discover');

export const modernResult = (id: number | string, more: object = {}): Content => ({
  jsonrpc: '2.0',
  id,
  result: { resultType: 'complete', content: [], ...more },
});

export const discovered = (id: number | string = 'probe', capabilities: object = { tools: {} }): Content => ({
  jsonrpc: '2.0',
  id,
  result: {
    resultType: 'complete',
    supportedVersions: ['2026-07-28'],
    capabilities,
    ttlMs: 60_000,
    cacheScope: 'public',
  },
});
