/**
 * Proves what a fleet guarantees, with real processes and a real redis-server, and prints the figures:
 *
 *     npm run fleet:proof                        everything, some minutes
 *     npm run fleet:proof -- poisoned            50 processes, of which one fails every call
 *     npm run fleet:proof -- poisoned --processes 10 --tools 20
 *     npm run fleet:proof -- cost                what it costs, held against docs/fleet.md
 *
 * It fails where a guarantee is broken.
 */
import { parseArgs } from 'node:util';
import { hasRedis } from '../test/support/redis-server.ts';
import { proveCost } from './fleet-proof/cost.ts';
import { provePoisoned } from './fleet-proof/poisoned.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    processes: { type: 'string', default: '50' },
    tools: { type: 'string', default: '200' },
    'call-ms': { type: 'string', default: '150' },
    'poll-ms': { type: 'string', default: '1000' },
  },
});

const proofs: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  poisoned: () =>
    provePoisoned({
      processes: Number(values.processes),
      tools: Number(values.tools),
      callMs: Number(values['call-ms']),
      pollMs: Number(values['poll-ms']),
    }),
  cost: proveCost,
};

const wanted = positionals.length === 0 ? Object.keys(proofs) : positionals;
for (const name of wanted) {
  if (proofs[name] === undefined) {
    console.error(`There is no proof ${name}. There are: ${Object.keys(proofs).join(', ')}.`);
    process.exit(2);
  }
}
if (!hasRedis) {
  console.error('This needs redis-server: apt-get install redis-server');
  process.exit(2);
}
const faults: string[] = [];
for (const name of wanted)
  faults.push(...((await proofs[name]?.()) ?? []).map((fault) => `${name}: ${fault}`));
if (faults.length > 0) {
  console.error(`\nBROKEN:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  process.exit(1);
}
console.log(`\nEvery guarantee held: ${wanted.join(', ')}.`);
