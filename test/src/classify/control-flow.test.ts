import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';

describe('what is thrown to steer a run', () => {
  it.each([
    'GraphInterrupt',
    'NodeInterrupt',
    'GraphBubbleUp',
    'ParentCommand',
    'ContinueAsNew',
    'CompleteAsyncError',
  ])('is cancelled: %s', (name) => {
    expect(categorize(Object.assign(new Error('it timed out'), { name }))).toBe('cancelled');
  });

  it("is cancelled whatever extends LangGraph's, and wherever it says so itself", () => {
    class GraphBubbleUp extends Error {}
    class Approval extends GraphBubbleUp {}
    expect(categorize(new Approval('wait for a person'))).toBe('cancelled');
    expect(categorize({ is_bubble_up: true, message: 'x' })).toBe('cancelled');
    expect(categorize(new Error('node failed', { cause: new Approval('wait for a person') }))).toBe(
      'cancelled',
    );
  });

  it.each([
    'NEXT_REDIRECT;replace;/login;307;',
    'NEXT_NOT_FOUND',
    'NEXT_HTTP_ERROR_FALLBACK;404',
    'DYNAMIC_SERVER_USAGE',
    'BAILOUT_TO_CLIENT_SIDE_RENDERING',
  ])('is cancelled for Next.js: %s', (digest) => {
    expect(categorize(Object.assign(new Error('NEXT'), { digest }))).toBe('cancelled');
  });

  it('is cancelled for a redirect and for a promise that somebody waits for', () => {
    expect(categorize(Response.redirect('https://example.test/login', 302))).toBe('cancelled');
    class Redirect {
      constructor(
        readonly status: number,
        readonly location: string,
      ) {}
    }
    expect(categorize(new Redirect(307, '/login'))).toBe('cancelled');
    expect(categorize(Promise.resolve())).toBe('cancelled');
  });

  it('is no other digest, status or response', () => {
    expect(categorize(Object.assign(new Error('x'), { digest: '2338422234' }))).toBe('executionError');
    expect(categorize(Object.assign(new Error('x'), { status: 302 }))).toBe('executionError');
    expect(categorize(new Response(null, { status: 503 }))).toBe('serviceUnavailable');
    expect(categorize(new Response(null, { status: 304 }))).toBe('executionError');
    expect(categorize(new Response(null, { status: 200 }))).toBe('executionError');
    expect(categorize(new Response(null, { status: 300 }))).toBe('cancelled');
  });
});
