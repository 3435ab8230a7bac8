import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BodyRoom, readBody } from '../../../../src/proxy/client/body.ts';
import { checkProperty } from '../../../support/property.ts';
import { cutAt } from '../support/pieces.ts';

afterEach(() => void vi.useRealTimers());

/** A request whose body a test writes. */
function asked(headers: Record<string, string> = {}) {
  const stream = new PassThrough();
  return { stream, request: Object.assign(stream, { headers }) as unknown as IncomingMessage };
}

const limits = (room = new BodyRoom(1_000_000), maxBytes = 100_000) => ({
  maxBytes,
  room,
  timeoutMs: 60_000,
});

describe('a body', () => {
  it('is read as one line, wherever its chunks end, and leaves its room to others', async () => {
    await checkProperty(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 10 }), async (places) => {
        const text = `{"a":\r\n"${'x'.repeat(9_000)}",\n"b":"\u{1f600}"}`;
        const room = new BodyRoom(1_000_000);
        const { stream, request } = asked();
        const reading = readBody(request, limits(room));
        for (const chunk of cutAt(Buffer.from(text), places)) stream.write(chunk);
        stream.end();
        expect((await reading).bytes.toString()).toBe(`${text.replace(/[\r\n]/g, ' ')}\n`);
        expect(room.bytes).toBe(0);
      }),
    );
  });

  it('that says how long it is, and is too long, is refused unread', async () => {
    const { request } = asked({ 'content-length': '100001' });
    await expect(readBody(request, limits())).rejects.toMatchObject({ status: 413 });
  });

  it('that turns out to be too long is refused there', async () => {
    const room = new BodyRoom(1_000_000);
    const { stream, request } = asked();
    const reading = expect(readBody(request, limits(room))).rejects.toMatchObject({ status: 413 });
    stream.write(Buffer.alloc(100_001));
    await reading;
    expect([room.bytes, request.isPaused()]).toEqual([0, true]);
  });

  it('is refused if the bodies under way are too long together', async () => {
    const room = new BodyRoom(150_000);
    const first = asked();
    const reading = readBody(first.request, limits(room));
    first.stream.write(Buffer.alloc(80_000));
    await turn();
    const second = asked();
    const refused = expect(readBody(second.request, limits(room))).rejects.toMatchObject({ status: 503 });
    second.stream.write(Buffer.alloc(80_000));
    await refused;
    first.stream.end();
    expect((await reading).length).toBe(80_001);
    expect(room.bytes).toBe(0);
  });

  it('that does not come is not waited for', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { request } = asked();
    const reading = expect(readBody(request, limits())).rejects.toMatchObject({ status: 408 });
    vi.advanceTimersByTime(60_000);
    await reading;
  });

  it('whose client goes holds nothing', async () => {
    const room = new BodyRoom(150_000);
    const { stream, request } = asked();
    const reading = expect(readBody(request, limits(room))).rejects.toThrow('the client has gone');
    stream.write(Buffer.alloc(50_000));
    await turn();
    expect(room.bytes).toBeGreaterThanOrEqual(50_000);
    stream.destroy();
    await reading;
    expect(room.bytes).toBe(0);
  });

  it('that comes byte by byte holds no more than its bytes', async () => {
    const room = new BodyRoom(1_000_000);
    const { stream, request } = asked();
    const reading = readBody(request, limits(room));
    for (let count = 0; count < 10_000; count++) stream.write('x');
    await turn();
    expect(room.bytes).toBeLessThan(20_000);
    stream.end();
    expect((await reading).length).toBe(10_001);
  });
});
