import { describe, expect, it } from 'vitest';
import type { ClientRequest } from '../../../../src/proxy/session/client-request.ts';
import { StatusResource, statusUri } from '../../../../src/proxy/steps/status-resource.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';

const request = (method: string, params = {}): ClientRequest => {
  const message = Message.of({ id: 1, method, params });
  return { message, id: '1', method, call: undefined, waitMs: 1_000, dueAt: 0 };
};
const answer = (result: object): Message => Message.answer('1', { result: result as never });
const parsed = (message: Message | undefined): unknown =>
  message && JSON.parse(message.line.bytes.toString()).result;
const initialized = (capabilities: object): StatusResource => {
  const resource = new StatusResource(() => ({ openCount: 1 }));
  resource.answer(request('initialize'), answer({ capabilities }));
  return resource;
};

describe('the status of the circuits', () => {
  it('is one more resource of a server that has some', () => {
    const seen = initialized({ resources: {} }).answer(
      request('resources/list'),
      answer({ resources: [{ uri: 'a:b' }], more: 1 }),
    );
    expect(parsed(seen)).toMatchObject({ resources: [{ uri: 'a:b' }, { uri: statusUri }], more: 1 });
  });

  it('is listed once, on the first page', () => {
    const page = answer({ resources: [] });
    expect(
      initialized({ resources: {} }).answer(request('resources/list', { cursor: 'x' }), page),
    ).toBeUndefined();
  });

  it('is the only resource of a server that has none', () => {
    const resource = new StatusResource(() => null);
    const seen = resource.answer(
      request('initialize'),
      answer({ capabilities: { tools: {} }, serverInfo: {} }),
    );
    expect(parsed(seen)).toEqual({ capabilities: { tools: {}, resources: {} }, serverInfo: {} });
    expect(parsed(resource.request(request('resources/list'))?.answer)).toMatchObject({
      resources: [{ uri: statusUri }],
    });
  });

  it('has no templates, where its server has none that could be asked for', () => {
    const ask = request('resources/templates/list');
    expect(parsed(initialized({}).request(ask)?.answer)).toEqual({ resourceTemplates: [] });
  });

  it('can be read at any time, by whatever id', () => {
    const answered = initialized({}).request(request('resources/read', { uri: statusUri }))?.answer;
    expect(answered?.id).toBe('1');
    const told = parsed(answered);
    expect(told).toMatchObject({ contents: [{ uri: statusUri, text: '{\n  "openCount": 1\n}' }] });
  });

  it.each([
    ['resources/read', { uri: 'a:b' }],
    ['resources/list', {}],
    ['resources/templates/list', {}],
    ['tools/list', {}],
  ])('has nothing to do with %s of others', (method, params) => {
    expect(initialized({ resources: {} }).request(request(method, params))).toBeUndefined();
  });
});
