/**
 * Runs the official conformance suite of MCP through the proxy, and holds each scenario against what it scores directly:
 *
 *     npm run conformance                   both revisions and all servers
 *     npm run conformance -- 2026-07-28     one revision
 *
 * It fails where a scenario is worse.
 */
import {
  revisions,
  type Scores,
  type ServerName,
  scoreBy,
  servers,
  ways,
  worse,
} from './conformance/suite.ts';

const wanted = process.argv.slice(2);

const cell = (scores: Scores, scenario: string): string => {
  const score = scores.get(scenario);
  return score === undefined ? 'did not run' : `${score.passed} passed, ${score.failed} failed`;
};

let isWorse = false;
for (const revision of revisions.filter((each) => wanted.length === 0 || wanted.includes(each))) {
  for (const name of Object.keys(servers) as ServerName[]) {
    const scores: Scores[] = [];
    for (const way of ways) scores.push(await scoreBy(way, name, revision));
    const [direct = new Map(), ...through] = scores;
    console.log(
      `\n## ${revision}, ${name}\n\n| scenario | ${ways.join(' | ')} |\n|${' --- |'.repeat(ways.length + 1)}`,
    );
    for (const scenario of direct.keys()) {
      console.log(`| ${scenario} | ${scores.map((each) => cell(each, scenario)).join(' | ')} |`);
    }
    const failing = [...direct].flatMap(([scenario, { failed }]) => (failed > 0 ? [scenario] : []));
    console.log(`\n${direct.size - failing.length} of ${direct.size} scenarios pass directly.`);
    if (failing.length > 0) console.log(`The server lacks what these need: ${failing.join(', ')}.`);
    for (const [index, each] of through.entries()) {
      const list = worse(direct, each);
      console.log(`${ways[index + 1]}: ${list.length === 0 ? 'none worse' : `WORSE: ${list.join(', ')}`}.`);
      if (list.length > 0) isWorse = true;
    }
  }
}
process.exit(isWorse ? 1 : 0);
