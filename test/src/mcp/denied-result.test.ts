import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { createToolRegistry, type Denial } from 'toolfuse';
import { deniedResult } from 'toolfuse/mcp';
import { describe, expect, it } from 'vitest';

function denialOf(tool: string): Denial {
  using registry = createToolRegistry({
    circuit: { failureThreshold: 1, minBackoffMs: 5_000 },
    tools: { [tool]: { alternatives: ['grep'], upstream: 'files' } },
  });
  registry.recordFailure('files', new Error('connect ECONNREFUSED'));
  const leave = registry.tryAcquire(tool);
  if (leave.admitted) throw new Error('it was to be denied');
  return leave;
}

describe('a denial as the result of a tool call', () => {
  const denial = denialOf('search');
  const result = deniedResult(denial);

  it('is an error whose text says that the call did not run, why, and when to try again', () => {
    expect(result.isError).toBe(true);
    expect(result.content).toHaveLength(1);
    expect(result.content[0].text).toMatch(
      /^The call did not run\. The tool "search" is unavailable: "files", which it depends on, .+ within the next 5 s/,
    );
  });

  it('has the same facts as data, in _meta', () => {
    expect(result._meta['toolfuse/denial']).toMatchObject({
      error: 'tool_unavailable',
      tool: 'search',
      upstream: 'files',
      reason: 'upstream',
      kind: 'unreachable',
      executed: false,
      retryAfterSeconds: 5,
      alternatives: ['grep'],
      lastError: 'connect ECONNREFUSED',
    });
  });

  it('has no structuredContent, which clients would check against a schema', () => {
    expect(result).not.toHaveProperty('structuredContent');
  });

  it('survives JSON unchanged', () => {
    expect(CallToolResultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
  });
});
