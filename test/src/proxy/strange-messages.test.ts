import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkProperty } from '../../support/property.ts';
import { initialize, start, startInitialized } from './support/scripted-session.ts';

/** JSON has no -0. */
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** Values of other types than the protocol's. */
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

describe('an answer of any shape', () => {
  it('reaches the client, and the session goes on', () => {
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

  it('is passed on, even if it is not a list of tools', () => {
    checkProperty(
      fc.property(json, (result) => {
        const { says, run, told } = startInitialized(everything());
        says({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
        run().says({ jsonrpc: '2.0', id: 1, result });
        expect(told).toEqual([{ jsonrpc: '2.0', id: 1, result }]);
      }),
    );
  });

  it('to `initialize` is passed on', () => {
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
    // A member name with an invalid escape.
    '{"\\q":1,"id":1,"result":{}}',
    '{"id":1,"result":{"\\u00zz":1}}',
    '{"id":1,"id":{},"result":{}}',
  ])('breaks nothing: %s', (line) => {
    const { says, run, told } = startInitialized(everything());
    says({ jsonrpc: '2.0', id: 2, method: 'ping' });
    run().says(line);
    run().says({ jsonrpc: '2.0', id: 2, result: {} });
    expect(told.at(-1)).toEqual({ jsonrpc: '2.0', id: 2, result: {} });
  });
});

describe('a message of any shape', () => {
  it('goes to the server, or is answered', () => {
    checkProperty(
      fc.property(method, strange, (asked, params) => {
        const { says, run, told } = startInitialized(everything());
        says({ jsonrpc: '2.0', id: 1, method: asked, params: params as object });
        expect(run().heard.length + told.length).toBe(1);
      }),
      { atLeast: 125, atMost: 500 },
    );
  });

  it('passes if it is a notification', () => {
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
