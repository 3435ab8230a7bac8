import type { Correction } from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { correctedMessage, endings } from '../../../src/langchain/tool-messages.ts';

vi.mock('@langchain/core/messages', () => ({ ToolMessage: class {} }));

const correction = { text: 'You are repeating yourself.' } as Correction;

class Message {
  readonly content: unknown;
  constructor(content: unknown) {
    this.content = content;
  }
}

describe('the message of a call by which a run repeats itself', () => {
  it.each([
    ['a text', 'none', 'none\n\nYou are repeating yourself.'],
    [
      'parts',
      [{ type: 'text', text: 'none' }],
      [
        { type: 'text', text: 'none' },
        { type: 'text', text: 'You are repeating yourself.' },
      ],
    ],
  ])('is one of its own with the correction, because a tool may keep its answer: %s', (_, content, read) => {
    const kept = Object.freeze(new Message(content));
    const message = correctedMessage(kept, correction);
    expect(message).toBeInstanceOf(Message);
    expect(message.content).toEqual(read);
    expect(kept.content).toBe(content);
  });

  it('is the answer itself where there is nothing to correct, or no place for it', () => {
    const kept = new Message({ hits: 0 });
    expect(correctedMessage(kept, null)).toBe(kept);
    expect(correctedMessage(kept, correction)).toBe(kept);
  });
});

describe('what a tool of LangChain returns or throws', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();

  it('may be what cannot be read', () => {
    expect(endings.failureOf(proxy)).toBeNull();
    expect(endings.outcomeOf(proxy)).toBe(proxy);
    expect(endings.isControlFlow(proxy)).toBe(false);
    expect(endings.unwrap(proxy)).toBe(proxy);
  });
});
