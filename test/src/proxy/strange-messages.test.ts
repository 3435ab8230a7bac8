import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkProperty } from '../../support/property.ts';
import { initialize, start, startInitialized } from './support/scripted-session.ts';

/** JSON has no -0. */
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** Values that stand where the protocol has others. */
const strange = fc.oneof(
  json,
  fc.dictionary(
    fc.constantFrom('tools', 'resources', 'content', 'isError', 'capabilities', '_meta', 'contents'),
    fc.oneof(json, fc.array(json)),
  ),
  fc.record({ capabilities: fc.dictionary(fc.constantFrom('tools', 'resources'), json) }),
);
const method = fc.constantFrom(
  'initialize',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'logging/setLevel',
  'ping',
);
const everything = () => ({ hideOpen: true, status: () => ({}) });

describe('whatever a server answers', () => {
  it('the client has its answer, and the session goes on', () => {
    checkProperty(
      fc.property(method, strange, fc.boolean(), (asked, value, isError) => {
        const { says, run, told } = startInitialized(everything());
        says({ jsonrpc: '2.0', id: 1, method: asked, params: { name: 'a', uri: 'b' } });
        if (run().heard.length > 0)
          run().says({ jsonrpc: '2.0', id: 1, [isError ? 'error' : 'result']: value });
        says({ jsonrpc: '2.0', id: 2, method: 'ping' });
        run().says({ jsonrpc: '2.0', id: 2, result: {} });
        expect(told.filter(({ method }) => method === undefined).map(({ id }) => id)).toEqual([1, 2]);
      }),
      { atLeast: 250, atMost: 1_000 },
    );
  });

  it('is passed on, were it no list of tools at all', () => {
    checkProperty(
      fc.property(json, (result) => {
        const { says, run, told } = startInitialized(everything());
        says({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
        run().says({ jsonrpc: '2.0', id: 1, result });
        expect(told).toEqual([{ jsonrpc: '2.0', id: 1, result }]);
      }),
    );
  });

  it('to the first message of all, it is passed on', () => {
    checkProperty(
      fc.property(strange, (result) => {
        const { says, run, told } = start(everything());
        says(initialize);
        run().says({ jsonrpc: '2.0', id: 0, result });
        expect(told).toHaveLength(1);
      }),
    );
  });

  it.each([
    // A name that no reader of JSON would take.
    '{"\\q":1,"id":1,"result":{}}',
    '{"id":1,"result":{"\\u00zz":1}}',
    '{"id":1,"id":{},"result":{}}',
  ])('were it %s, nothing breaks', (line) => {
    const { says, run, told } = startInitialized(everything());
    says({ jsonrpc: '2.0', id: 2, method: 'ping' });
    run().says(line);
    run().says({ jsonrpc: '2.0', id: 2, result: {} });
    expect(told.at(-1)).toEqual({ jsonrpc: '2.0', id: 2, result: {} });
  });
});

describe('whatever a client asks', () => {
  it('it goes to the server, or has an answer', () => {
    checkProperty(
      fc.property(method, strange, (asked, params) => {
        const { says, run, told } = startInitialized(everything());
        says({ jsonrpc: '2.0', id: 1, method: asked, params: params as object });
        expect(run().heard.length + told.length).toBe(1);
      }),
      { atLeast: 125, atMost: 500 },
    );
  });

  it('notifications of any kind pass', () => {
    const notification = fc.constantFrom('cancelled', 'progress', 'initialized', 'tools/list_changed', 'x');
    checkProperty(
      fc.property(notification, strange, (kind, params) => {
        const { says, run, told } = startInitialized(everything());
        const message = { jsonrpc: '2.0', method: `notifications/${kind}`, params: params as object };
        says(message);
        run().says(message);
        expect([run().heard.length, told.length]).toEqual([1, 1]);
      }),
    );
  });
});
