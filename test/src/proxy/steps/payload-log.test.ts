import { expect, it } from 'vitest';
import { ProxyLog } from '../../../../src/proxy/log.ts';
import { PayloadLog } from '../../../../src/proxy/steps/payload-log.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { answerOf, requestOf } from '../support/client-request.ts';

function payloadLog() {
  const lines: unknown[] = [];
  const log = new ProxyLog({
    format: 'json',
    write: (line) => lines.push(JSON.parse(line)),
    now: () => new Date(),
    server: 'files',
    colours: false,
  });
  return { step: new PayloadLog(log), lines };
}

it('logs the arguments, the result and the error of a call', () => {
  const { step, lines } = payloadLog();
  const call = requestOf('tools/call', { name: 'a', arguments: { key: 's3cret' } });
  step.request(call);
  step.answer(call, answerOf({ content: [] }));
  step.answer(call, Message.answer('1', { error: { code: -32_602, message: 'no' } }));
  expect(lines).toMatchObject([
    { event: 'payload.call', tool: 'a', said: '{"key":"s3cret"}' },
    { event: 'payload.result', tool: 'a', said: '{"content":[]}' },
    { event: 'payload.result', tool: 'a', said: '{"code":-32602,"message":"no"}' },
  ]);
});

it('logs nothing of other requests', () => {
  const { step, lines } = payloadLog();
  const request = requestOf('resources/read', { uri: 'a:b' });
  step.request(request);
  step.answer(request, answerOf({ contents: [] }));
  expect(lines).toEqual([]);
});
