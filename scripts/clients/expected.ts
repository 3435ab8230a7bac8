import type { ErrorCategory } from '../../machines/index.ts';

/** What an HTTP client is to be sorted as for a fault, and the wait that the answer asks for, in ms. */
export interface Expected {
  readonly category: ErrorCategory;
  readonly waitMs?: number;
}

export const expectedOfFault: Readonly<Record<string, Expected>> = {
  '401': { category: 'authentication' },
  '403': { category: 'permissionDenied' },
  '403, limit': { category: 'rateLimit', waitMs: 60_000 },
  '404': { category: 'resourceNotFound' },
  '408': { category: 'timeout' },
  '429': { category: 'rateLimit', waitMs: 7_000 },
  '500': { category: 'serviceUnavailable' },
  '503': { category: 'serviceUnavailable', waitMs: 7_000 },
  reset: { category: 'network' },
  cut: { category: 'network' },
  refused: { category: 'network' },
  'no host': { category: 'network' },
  'no TLS': { category: 'network' },
  deadline: { category: 'timeout' },
  'own limit': { category: 'timeout' },
  aborted: { category: 'cancelled' },
};

/** How far a wait may be off, in ms: an instant is in whole seconds, and time passes until it is read. */
export const waitTolerance = 2_500;

/** Where a client's error says less than what happened, so that another outcome is the best that can be read off it. */
export interface Exception {
  readonly clients: readonly string[];
  readonly faults: readonly string[];
  readonly outcome: string;
  readonly why: string;
}

const loseHeaders = ['@google/genai', 'ollama', '@huggingface/inference', 'ws'];

export const exceptions: readonly Exception[] = [
  {
    clients: ['@google/genai'],
    faults: ['own limit'],
    outcome: 'cancelled',
    why: 'The client aborts its own request, and throws the bare abort.',
  },
  {
    clients: ['needle'],
    faults: ['own limit'],
    outcome: 'network',
    why: 'The client closes the socket, and throws what the socket says.',
  },
  {
    clients: ['needle'],
    faults: ['cut'],
    outcome: 'no end',
    why: 'The client waits for ever: give its calls a time limit.',
  },
  {
    clients: ['@octokit/request', 'requests'],
    faults: ['cut'],
    outcome: 'no error',
    why: 'The client takes the half of the body for all of it.',
  },
  {
    clients: ['openai', '@anthropic-ai/sdk', 'groq-sdk', 'node-fetch', 'superagent', '@google/genai'],
    faults: ['deadline'],
    outcome: 'cancelled',
    why: 'The error keeps neither the signal nor its reason. `execute` knows them, if the signal is given to it.',
  },
  {
    clients: ['aiohttp'],
    faults: ['own limit'],
    outcome: 'executionError',
    why: 'The error has no message, so that the server passes on none.',
  },
  {
    clients: loseHeaders,
    faults: ['403, limit'],
    outcome: 'permissionDenied',
    why: 'The error has no headers.',
  },
  {
    clients: loseHeaders,
    faults: ['429'],
    outcome: 'rateLimit',
    why: 'The error has no headers, so that the wait is not known.',
  },
  {
    clients: loseHeaders,
    faults: ['503'],
    outcome: 'serviceUnavailable',
    why: 'The error has no headers, so that the wait is not known.',
  },
];
