import { beforeAll, describe, expect, it } from 'vitest';
import { isInstalled, revisions, type Scores, scoreBy, worse } from '../scripts/conformance/suite.ts';

// It is installed apart, by `npm test`: see scripts/ensure-conformance.ts.
describe.skipIf(!isInstalled()).each(revisions)('the official conformance suite, revision %s', (revision) => {
  let direct: Scores;
  beforeAll(async () => {
    direct = await scoreBy('direct', 'conformance-server', revision);
  });

  it('passes directly, except for what needs the extension for tasks', () => {
    const failing = [...direct].flatMap(([scenario, { failed }]) => (failed > 0 ? [scenario] : []));
    expect(direct.size).toBeGreaterThan(30);
    // The server has no tool that elicits while it streams, either.
    const lacking = (scenario: string): boolean =>
      scenario.startsWith('tasks-') || scenario === 'server-stateless';
    expect(failing.filter((scenario) => !lacking(scenario))).toEqual([]);
  });

  it.each(['over a command', 'over a URL'] as const)(
    'has no worse score through the proxy %s',
    async (way) => {
      const through = await scoreBy(way, 'conformance-server', revision);
      expect(worse(direct, through, revision)).toEqual([]);
    },
  );
});
