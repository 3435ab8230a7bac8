import { startRedis } from '../../test/support/redis-server.ts';
import { bundled } from './bundled.ts';
import type { Poison } from './member.ts';
import { runPoisonedFleet, type Stretch } from './poisoned-fleet.ts';

export interface PoisonedOptions {
  readonly processes: number;
  readonly tools: number;
  readonly callMs: number;
  readonly pollMs: number;
}

type When = 'cold' | 'warm' | 'rare';

/** How many tools nobody but the poisoned member calls until the end. */
const rareTools = 10;

/** What a stretch of a run must not show, and how often it did. */
function broken({ healthy, poisoned }: Stretch, poison: Poison, when: When, tools: number): string[] {
  const claims: [boolean, string][] = [
    [healthy.failed === 0, 'no call of a healthy member fails'],
    [healthy.storeMisses === 0 || healthy.storeMisses < healthy.storeCalls / 20, 'the store answers'],
    [poisoned.succeeded === 0, 'every call of the poisoned member fails'],
  ];
  if (when === 'warm') {
    claims.push(
      [healthy.refused === 0, 'no call of a healthy member is refused'],
      [healthy.openedByFleet === 0, 'no circuit is opened for all'],
      [healthy.notClosed === 0, 'every circuit of a healthy member is closed'],
    );
    if (poison === 'network') {
      claims.push([poisoned.voted >= tools, 'the poisoned member votes on every tool']);
    }
  } else if (when === 'cold') {
    // Until others are known to call a tool, it is open on one member's word: the first call of another is its probe.
    claims.push([healthy.refused <= healthy.calls / 100, 'at most 1 % of calls are refused at a cold start']);
  } else {
    // But for those that come while the poisoned member itself probes, or just after another has found out.
    claims.push([
      healthy.refused <= healthy.calls / 50,
      'hardly any call is refused of a tool that only the poisoned member has called',
    ]);
  }
  return claims.filter(([holds]) => !holds).map(([, claim]) => claim);
}

const line = (name: string, { healthy, poisoned }: Stretch): string =>
  `  ${name}: healthy members made ${healthy.calls} calls, ${healthy.succeeded} succeeded, ${healthy.failed} failed${healthy.failures.map((why) => ` (${why})`).join('')}, ${healthy.refused} were refused (in ${healthy.membersRefused} members); their circuits were opened by the fleet ${healthy.openedByFleet} times; ${healthy.notClosed} circuits are not closed at the end
    the poisoned member: ${poisoned.failed} calls failed so far, ${poisoned.refused} were refused by its own circuits, ${poisoned.notClosed} of them are not closed, ${poisoned.voted} votes, at most ${poisoned.mostVotes} of ${poisoned.fewestNeeded} or more needed on a tool
    the store: ${healthy.storeCalls} questions of healthy members, ${healthy.storeMisses} not answered in time`;

/**
 * A fleet of real processes, one of which fails every call it makes: because its network is broken, and because its key is.
 *
 * @returns The guarantees that were broken.
 */
export async function provePoisoned(options: PoisonedOptions): Promise<string[]> {
  const { processes, tools, callMs, pollMs } = options;
  const program = await bundled('scripts/fleet-proof/member.ts');
  const faults: string[] = [];
  try {
    for (const poison of ['network', 'credentials'] as const) {
      console.log(`\n${processes} processes, ${tools} tools; the ${poison} of one process are broken:`);
      const redis = await startRedis();
      try {
        const { cold, warm, rare } = await runPoisonedFleet({
          program: program.file,
          redis: redis.url,
          size: processes,
          tools,
          rareTools,
          callMs,
          pollMs,
          poison,
          onProgress: (what) => console.log(`  … ${what}`),
        });
        console.log(line('while the fleet is cold', cold));
        console.log(line('from then on', warm));
        console.log(line(`${rareTools} tools that only the poisoned member has called`, rare));
        const ofRun = Object.entries({ cold, warm, rare }).flatMap(([when, stretch]) =>
          broken(stretch, poison, when as When, tools),
        );
        faults.push(...ofRun.map((claim) => `${poison}: ${claim}`));
      } finally {
        await redis.kill();
      }
    }
  } finally {
    program.remove();
  }
  return faults;
}
