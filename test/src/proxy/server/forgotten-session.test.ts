import { describe, expect, it } from 'vitest';
import { hasForgotten } from '../../../../src/proxy/server/forgotten-session.ts';

describe('a session is forgotten', () => {
  it.each([
    [404, ''],
    [404, 'Not Found'],
    [400, 'Bad Request: No valid session ID provided'],
    [400, 'Bad Request: Missing session ID'],
    [401, 'Unauthorized: session not found'],
    [401, 'Session ID does not exist'],
    [410, 'The session has expired'],
    [422, 'Unprocessable Entity: Unexpected message, expect initialize request; session not found'],
    [500, 'Error: session_not_found'],
    [500, 'SessionNotFound'],
    [503, 'no such session: 3f1b'],
    [503, 'could not find session'],
    [409, 'Invalid mcp-session-id'],
    [400, 'Server not initialized: unknown sessionId'],
  ])('if a server says %i %j', (status, said) => {
    expect(hasForgotten(status, said)).toBe(true);
  });

  it.each([
    [401, 'invalid_token'],
    [401, ''],
    [500, 'the database session pool is full'],
    [503, 'too many sessions'],
    [503, ''],
    [500, 'Internal Server Error'],
    [400, 'Unsupported protocol version'],
    [429, 'session limit reached'],
  ])('but not if it says %i %j', (status, said) => {
    expect(hasForgotten(status, said)).toBe(false);
  });
});
