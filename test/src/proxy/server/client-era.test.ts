import { beforeEach, describe, expect, it } from 'vitest';
import { ClientEra } from '../../../../src/proxy/server/client-era.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';

const version = 'io.modelcontextprotocol/protocolVersion';
const name = 'io.modelcontextprotocol/clientInfo';

const modern = (method: string, client: string): Message =>
  Message.of({
    id: 1,
    method,
    params: { _meta: { [version]: '2026-07-28', [name]: client, progressToken: 7 } },
  });

let client: ClientEra;
beforeEach(() => {
  client = new ClientEra();
});

describe('the era of a client', () => {
  it('is not settled by asking what the server can do, which may be a probe', () => {
    client.hear({ message: modern('server/discover', 'one'), era: 'modern' });
    expect(client.era).toBeUndefined();
  });

  it('is settled by any other modern request, with what the client says of itself', () => {
    client.hear({ message: modern('tools/list', 'one'), era: 'modern' });
    expect(client.era).toBe('modern');
    expect(client.envelope).toEqual({ [version]: '2026-07-28', [name]: 'one' });
  });

  it('keeps what a modern client has said first, until it asks anew what the server can do', () => {
    client.settleModern(modern('tools/list', 'one'));
    client.hear({ message: modern('tools/list', 'other'), era: 'modern' });
    client.settleModern(modern('tools/list', 'other'));
    expect(client.envelope).toMatchObject({ [name]: 'one' });
    client.settleModern(modern('server/discover', 'other'));
    expect(client.envelope).toMatchObject({ [name]: 'other' });
  });

  it('is legacy from its agreement on', () => {
    client.hear({ message: Message.of({ id: 1, method: 'initialize' }), era: 'legacy' });
    expect(client.era).toBeUndefined();
    client.settleLegacy();
    expect(client.era).toBe('legacy');
  });
});
