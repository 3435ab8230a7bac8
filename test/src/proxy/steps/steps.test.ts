import { describe, expect, it } from 'vitest';
import type { Step } from '../../../../src/proxy/steps/step.ts';
import { Steps } from '../../../../src/proxy/steps/steps.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { answerOf, requestOf } from '../support/client-request.ts';

/** A step that records which of its hooks are called. */
function recorder(name: string, heard: string[]): Step {
  return {
    request() {
      heard.push(`${name} request`);
      return undefined;
    },
    answer() {
      heard.push(`${name} answer`);
      return undefined;
    },
    unanswered(_, { how }) {
      heard.push(`${name} ${how}`);
    },
    fromServer({ method }) {
      heard.push(`${name} ${method}`);
    },
  };
}

const refusing = (answer: Message): Step => ({ request: () => ({ answer }) });

describe('a list of steps', () => {
  it('calls each hook in its order, on the way to the server and back', () => {
    const heard: string[] = [];
    const steps = new Steps([recorder('a', heard), recorder('b', heard)]);
    const [request, answer] = [requestOf('ping'), answerOf({})];
    expect(steps.request(request)).toBeUndefined();
    expect(steps.answer(request, answer)).toBe(answer);
    steps.unanswered(request, { how: 'closed' });
    steps.fromServer(Message.of({ method: 'notifications/message' }));
    expect(heard).toEqual([
      'a request',
      'b request',
      'a answer',
      'b answer',
      'a closed',
      'b closed',
      'a notifications/message',
      'b notifications/message',
    ]);
  });

  it('skips steps without the hook', () => {
    const steps = new Steps([{}, refusing(answerOf({})), {}]);
    const request = requestOf('ping');
    expect(steps.request(request)).toBeDefined();
    expect(steps.answer(request, answerOf({}))).toBeDefined();
    steps.unanswered(request, { how: 'closed' });
  });

  it('gives each step the answer as the step before it changed it', () => {
    const add =
      (key: string): NonNullable<Step['answer']> =>
      (_, answer) =>
        answerOf({ ...(answer.value('result') as object), [key]: true });
    const steps = new Steps([{ answer: add('a') }, { answer: () => undefined }, { answer: add('b') }]);
    expect(steps.answer(requestOf('ping'), answerOf({})).value('result')).toEqual({ a: true, b: true });
  });
});

describe('a request that a step answers', () => {
  it('has ended for the steps before that one, and the steps after it never hear of it', () => {
    const heard: string[] = [];
    const own = answerOf({ own: true });
    const steps = new Steps([recorder('a', heard), refusing(own), recorder('b', heard)]);
    expect(steps.request(requestOf('ping'))).toBe(own);
    expect(heard).toEqual(['a request', 'a refused']);
  });
});
