import { describe, expect, it } from 'vitest';
import { maxAnswers } from '../../../../src/proxy/memory/memory-file.ts';
import { maxBytes } from '../../../../src/proxy/memory/server-memory.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { answerOf, requestOf } from '../support/client-request.ts';
import { memoryWithoutDisk } from '../support/memories.ts';

const tools = requestOf('tools/list');
const page = (cursor: string) => requestOf('tools/list', { cursor });
const search = { tools: [{ name: 'search' }] };

describe('the memory of a server', () => {
  it('is there for the next proxy of the same server', () => {
    const { open, disk } = memoryWithoutDisk();
    const memory = open();
    memory.keep(tools, answerOf(search));
    memory.started(1_234.5);
    memory.save();
    expect(disk.kept?.answers.size).toBe(1);
    const next = open();
    expect(next.recall(tools)).toMatchObject({ content: search, isError: false });
    expect(next.startMs).toBe(1_235);
  });

  it('holds nothing but what the server is and has', () => {
    const memory = memoryWithoutDisk().open();
    for (const method of ['tools/call', 'resources/read', 'prompts/get', 'ping']) {
      memory.keep(requestOf(method), answerOf({ content: [] }));
      expect(memory.recall(requestOf(method))).toBeUndefined();
    }
  });

  it('does not keep an error, nor an answer that makes no sense', () => {
    const memory = memoryWithoutDisk().open();
    memory.keep(tools, answerOf(search));
    memory.keep(tools, Message.answer('1', { error: { code: -32_603, message: 'broken' } }));
    expect(memory.recall(tools)?.content).toEqual(search);
    memory.keep(tools, answerOf({ tools: 'many' }));
    expect(memory.recall(tools)).toBeUndefined();
    const initialize = requestOf('initialize', { protocolVersion: '2025-06-18' });
    memory.keep(initialize, answerOf({ capabilities: {} }));
    expect(memory.recall(initialize)).toBeUndefined();
  });

  it('keeps no answer that repeats a secret, however it is written', () => {
    const { open, disk } = memoryWithoutDisk('s3cret-value');
    const memory = open();
    for (const said of ['s3cret-value', 's3cret\\u002dvalue']) {
      const answer = Message.answer('1', { result: JSON.parse(`{"tools":[{"name":"${said}"}]}`) });
      memory.keep(tools, answer);
      expect(memory.recall(tools)).toBeUndefined();
    }
    memory.keep(page('x'), answerOf(search));
    memory.save();
    expect([...(disk.kept?.answers.values() ?? [])].map(({ text }) => text)).toEqual([
      JSON.stringify(search),
    ]);
  });

  it('knows the pages of one list, and does not send a client to a page that it does not know', () => {
    const memory = memoryWithoutDisk().open();
    memory.keep(tools, answerOf({ ...search, nextCursor: 'b' }));
    expect(memory.recall(tools)?.content).toEqual(search);
    memory.keep(page('b'), answerOf({ tools: [{ name: 'old' }] }));
    expect(memory.recall(tools)?.content).toEqual({ ...search, nextCursor: 'b' });
    // Another first page: the others belong to a list that is no more.
    memory.keep(tools, answerOf({ tools: [{ name: 'new' }], nextCursor: 'b' }));
    expect(memory.recall(page('b'))).toBeUndefined();
  });

  it('is bounded, in answers and in bytes', () => {
    const { open, disk } = memoryWithoutDisk();
    const memory = open();
    for (let each = 0; each < maxAnswers + 50; each++) memory.keep(page(`${each}`), answerOf(search));
    memory.save();
    expect(disk.kept?.answers.size).toBe(maxAnswers);
    const other = open();
    other.keep(page('0'), answerOf({ tools: [{ name: 'x'.repeat(maxBytes) }] }));
    expect(other.recall(page('0'))).toBeUndefined();
    expect(other.recall(page('1'))).toBeDefined();
  });

  it('tells of trouble once, and goes on', () => {
    const { open, disk, troubles } = memoryWithoutDisk();
    disk.breaks = 'the disk is full';
    const memory = open();
    for (const name of ['a', 'b']) {
      memory.keep(tools, answerOf({ tools: [{ name }] }));
      memory.save();
    }
    expect(memory.recall(tools)?.content).toEqual({ tools: [{ name: 'b' }] });
    expect(troubles).toEqual([
      'the memory of the server cannot be used: the disk is full',
      'the memory of the server cannot be written: the disk is full',
    ]);
  });
});
