import { describe, expect, it } from 'vitest';
import { StatusResource, statusUri } from '../../../../src/proxy/steps/status-resource.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { answerOf, requestOf } from '../support/client-request.ts';
import { envelope } from '../support/modern.ts';

const parsed = (message: Message | undefined): unknown =>
  message && JSON.parse(message.line.bytes.toString()).result;
const modernRequest = (method: string, params: object = {}): ReturnType<typeof requestOf> =>
  requestOf(method, { ...params, _meta: envelope });
const initialized = (capabilities: object): StatusResource => {
  const resource = new StatusResource(() => ({ openCount: 1 }));
  resource.answer(requestOf('initialize'), answerOf({ capabilities }));
  return resource;
};

describe('the status of the circuits', () => {
  it('is one more resource of a server that has some', () => {
    const seen = initialized({ resources: {} }).answer(
      requestOf('resources/list'),
      answerOf({ resources: [{ uri: 'a:b' }], more: 1 }),
    );
    expect(parsed(seen)).toMatchObject({ resources: [{ uri: 'a:b' }, { uri: statusUri }], more: 1 });
  });

  it('is listed once, on the first page', () => {
    const page = answerOf({ resources: [] });
    expect(
      initialized({ resources: {} }).answer(requestOf('resources/list', { cursor: 'x' }), page),
    ).toBeUndefined();
  });

  it('is the only resource of a server that has none', () => {
    const resource = new StatusResource(() => null);
    const seen = resource.answer(
      requestOf('initialize'),
      answerOf({ capabilities: { tools: {} }, serverInfo: {} }),
    );
    expect(parsed(seen)).toEqual({ capabilities: { tools: {}, resources: {} }, serverInfo: {} });
    expect(parsed(resource.request(requestOf('resources/list'))?.answer)).toMatchObject({
      resources: [{ uri: statusUri }],
    });
  });

  it('has no templates if its server has no resources', () => {
    const ask = requestOf('resources/templates/list');
    expect(parsed(initialized({}).request(ask)?.answer)).toEqual({ resourceTemplates: [] });
  });

  it('can be read at any time', () => {
    const answered = initialized({}).request(requestOf('resources/read', { uri: statusUri }))?.answer;
    expect(answered?.id).toBe('1');
    const told = parsed(answered);
    expect(told).toMatchObject({ contents: [{ uri: statusUri, text: '{\n  "openCount": 1\n}' }] });
  });

  it.each([
    ['resources/read', { uri: 'a:b' }],
    ['resources/list', {}],
    ['resources/templates/list', {}],
    ['tools/list', {}],
  ])('leaves %s of other resources to the server', (method, params) => {
    expect(initialized({ resources: {} }).request(requestOf(method, params))).toBeUndefined();
  });

  it('is told to a modern client as well, in a result that is complete and must not be kept', () => {
    const resource = new StatusResource(() => null);
    const seen = resource.answer(modernRequest('server/discover'), answerOf({ capabilities: { tools: {} } }));
    expect(parsed(seen)).toEqual({ capabilities: { tools: {}, resources: {} } });
    for (const [method, params] of [
      ['resources/list', {}],
      ['resources/templates/list', {}],
      ['resources/read', { uri: statusUri }],
    ] as const) {
      expect(parsed(resource.request(modernRequest(method, params))?.answer)).toMatchObject({
        resultType: 'complete',
        ttlMs: 0,
        cacheScope: 'private',
      });
    }
  });

  it('is listed for a client that has not asked what the server can do, and whose server has no resources', () => {
    const resource = new StatusResource(() => null);
    const refused = Message.answer('1', { error: { code: -32_601, message: 'Method not found' } });
    const seen = resource.answer(modernRequest('resources/list'), refused);
    expect(parsed(seen)).toMatchObject({ resultType: 'complete', resources: [{ uri: statusUri }] });
    expect(resource.answer(modernRequest('tools/list'), refused)).toBeUndefined();
  });
});
