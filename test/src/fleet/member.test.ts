import { type FleetStore, memoryStore } from 'toolfuse/fleet';
import { TestClock } from 'toolfuse/testing';
import { describe, expect, it } from 'vitest';
import { type FleetMember, fleetOf, trip } from './fleet-of.ts';

const open = ['open', 'open', 'open', 'open'];

/** Four members, of which two have tripped, so that the circuit is open for all, and its backoff has just ended. */
async function fleetThatMayProbe() {
  const fleet = await fleetOf(4);
  await fleet.useEverywhere();
  for (const member of fleet.members.slice(0, 2)) trip(member);
  await fleet.clock.advanceAsync(5_000);
  return { ...fleet, last: fleet.members[3] as FleetMember };
}

describe('a trip of one member', () => {
  it('opens no other circuit, as long as it is short of the quorum', async () => {
    const { clock, members, useEverywhere, states } = await fleetOf(4);
    await useEverywhere();
    trip(members[0] as FleetMember);
    await clock.advanceAsync(2_000);
    expect(states()).toEqual(['open', 'closed', 'closed', 'closed']);
  });

  it('opens the circuit for all with the vote that makes the quorum', async () => {
    const { clock, members, useEverywhere, states } = await fleetOf(4);
    await useEverywhere();
    const heard: unknown[] = [];
    members[3]?.registry.on('fleet.opened', (event) => heard.push(event));
    for (const member of members.slice(0, 2)) trip(member);
    await clock.advanceAsync(0);
    expect(states()).toEqual(open);
    expect(heard).toEqual([
      {
        type: 'fleet.opened',
        tool: 'search',
        epoch: expect.any(Number),
        leftMs: 5_000,
        lastErrorCategory: 'timeout',
      },
    ]);
  });

  it('is not taken for all when it comes before the others were heard of', async () => {
    const { clock, members, states } = await fleetOf(4);
    for (const { registry } of members.slice(1)) registry.recordSuccess('search');
    trip(members[0] as FleetMember);
    await clock.advanceAsync(1_500);
    expect(states()).toEqual(['open', 'closed', 'closed', 'closed']);
  });

  it('opens the circuit for all after a poll where nobody else calls the tool', async () => {
    const { clock, members } = await fleetOf(2);
    trip(members[0] as FleetMember);
    await clock.advanceAsync(1_500);
    expect(members[1]?.registry.state('search')).toBe('closed');
    expect(members[1]?.fleet.status().verdicts).toMatchObject([{ tool: 'search' }]);
    expect(members[1]?.registry.allowRequest('search')).toBe(false);
    expect(members[1]?.registry.state('search')).toBe('open');
  });

  it('binds nobody else to wait where nobody else calls the tool: the next one finds out at once', async () => {
    const { clock, members, states } = await fleetOf(3);
    const [first, second, third] = members as [FleetMember, FleetMember, FleetMember];
    trip(first);
    await clock.advanceAsync(1_500);
    expect(second.fleet.status().verdicts).toMatchObject([{ tool: 'search', leftMs: 0 }]);
    expect(first.fleet.status().verdicts[0]?.leftMs).toBeGreaterThan(0);
    // A call makes a circuit here, which learns what the fleet holds open; it waits for the lease, and is made.
    const call = second.registry.execute('search', async ({ probe }) => `found, as a probe: ${probe}`);
    await expect(call).resolves.toBe('found, as a probe: true');
    await clock.advanceAsync(0);
    expect(states()).toEqual(['open', 'closed', 'closed']);
    expect(third.fleet.status().verdicts).toEqual([]);
  });

  it('binds all to wait once a second member has found the same', async () => {
    const { clock, members } = await fleetOf(3);
    const [first, second, third] = members as [FleetMember, FleetMember, FleetMember];
    trip(first);
    await clock.advanceAsync(1_500);
    const failing = second.registry.execute('search', () =>
      Promise.reject(new Error('connect ECONNREFUSED')),
    );
    await expect(failing).rejects.toThrow('ECONNREFUSED');
    await clock.advanceAsync(0);
    expect(third.fleet.status().verdicts).toMatchObject([{ tool: 'search', leftMs: 10_000 }]);
  });

  it('still binds nobody else when the same member has failed again', async () => {
    const { clock, members } = await fleetOf(2);
    const [first, second] = members as [FleetMember, FleetMember];
    trip(first);
    await clock.advanceAsync(6_500);
    const failing = first.registry.execute('search', () => Promise.reject(new Error('connect ECONNREFUSED')));
    await expect(failing).rejects.toThrow('ECONNREFUSED');
    await clock.advanceAsync(0);
    expect(first.fleet.status().verdicts).toMatchObject([{ leftMs: 10_000 }]);
    expect(second.fleet.status().verdicts).toMatchObject([{ leftMs: 0 }]);
  });

  it('is taken back by a success of the same member', async () => {
    const { clock, members, useEverywhere, states } = await fleetOf(4);
    await useEverywhere();
    const [first, second] = members as [FleetMember, FleetMember];
    trip(first);
    await clock.advanceAsync(5_000);
    expect(first.registry.state('search')).toBe('halfOpen');
    await first.registry.execute('search', async () => 'found');
    await clock.advanceAsync(1_000);
    trip(second);
    await clock.advanceAsync(0);
    expect(states()).toEqual(['closed', 'open', 'closed', 'closed']);
  });
});

describe('a circuit that its fleet has opened', () => {
  it('stays open after the backoff until somebody asks', async () => {
    const { clock, states } = await fleetThatMayProbe();
    await clock.advanceAsync(60_000);
    expect(states()).toEqual(open);
  });

  it('lets a call of execute wait for the lease, and closes for all when it succeeds', async () => {
    const { clock, last, states, members } = await fleetThatMayProbe();
    const call = last.registry.execute('search', async ({ probe }) => `found, as a probe: ${probe}`);
    await expect(call).resolves.toBe('found, as a probe: true');
    await clock.advanceAsync(0);
    // Those that have tripped themselves are not closed by the fleet: their own next call shows.
    expect(states()).toEqual(['halfOpen', 'halfOpen', 'closed', 'closed']);
    expect(members[2]?.registry.metrics().fleet).toMatchObject({ opened: 1, closed: 1 });
  });

  it('opens again for all when the probe fails, for longer', async () => {
    const { clock, last, states } = await fleetThatMayProbe();
    const failing = last.registry.execute('search', () => Promise.reject(new Error('connect ECONNREFUSED')));
    await expect(failing).rejects.toThrow('ECONNREFUSED');
    await clock.advanceAsync(0);
    expect(states()).toEqual(open);
    expect(last.registry.diagnostics('search').fleet).toMatchObject({ isOpen: true, leftMs: 10_000 });
  });

  it('lets a call of execute wait for a store that hangs until the deadline, and no other call at all', async () => {
    const clock = new TestClock({ now: 1_000_000 });
    const inner = memoryStore({ clock });
    let hangs = false;
    const store: FleetStore = {
      eval: (...asked) => (hangs ? new Promise(() => {}) : inner.eval(...asked)),
    };
    const { members } = await fleetOf(2, { clock, store, circuit: { minBackoffMs: 1_000 } });
    for (const member of members) trip(member);
    await clock.advanceAsync(2_000);
    const { registry } = members[0] as FleetMember;
    expect(registry.diagnostics('search').fleet).toMatchObject({ isOpen: true });
    hangs = true;
    let outcome = 'it waits';
    const call = registry.execute('search', async () => 'found').catch(({ code }) => code);
    void call.then((ended: string) => {
      outcome = ended;
    });
    // The clock stands still meanwhile: neither waits for anything.
    await expect(registry.execute('fetch', async () => 'found')).resolves.toBe('found');
    expect(registry.tryAcquire('search')).toMatchObject({ admitted: false });
    await clock.advanceAsync(99);
    expect(outcome).toBe('it waits');
    await clock.advanceAsync(1);
    expect(outcome).toBe('ERR_CIRCUIT_OPEN');
  });

  it('refuses a synchronous question with a short time, and is half-open by then', async () => {
    const { clock, last } = await fleetThatMayProbe();
    const refusal = last.registry.tryAcquire('search');
    expect(refusal).toMatchObject({ admitted: false, reason: 'open', probing: true, retryAfterMs: 100 });
    await clock.advanceAsync(100);
    expect(last.registry.state('search')).toBe('halfOpen');
    expect(last.registry.tryAcquire('search')).toMatchObject({ admitted: true, probe: true });
  });

  it('is probed by one member at a time', async () => {
    const { clock, members } = await fleetThatMayProbe();
    const [, second, third, last] = members as [FleetMember, FleetMember, FleetMember, FleetMember];
    let answer = (_: string): void => {};
    const probing = last.registry.execute(
      'search',
      () => new Promise<string>((resolve) => (answer = resolve)),
    );
    await clock.advanceAsync(0);
    for (const { registry } of [second, third]) {
      const refused = registry.execute('search', async () => 'found');
      await expect(refused).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN', denial: { probing: true } });
    }
    answer('found');
    await expect(probing).resolves.toBe('found');
  });

  it('gives an unused lease back after a second', async () => {
    const { clock, members } = await fleetThatMayProbe();
    const [, , third, last] = members as [FleetMember, FleetMember, FleetMember, FleetMember];
    expect(last.registry.allowRequest('search')).toBe(false);
    await clock.advanceAsync(3_000);
    expect(last.registry.state('search')).toBe('open');
    await expect(third.registry.execute('search', async () => 'found')).resolves.toBe('found');
  });

  it('is closed by hand here alone, and by order for all', async () => {
    const { clock, members, states } = await fleetThatMayProbe();
    members[2]?.registry.forceClose('search');
    await clock.advanceAsync(1_000);
    expect(states()).toEqual(['open', 'open', 'closed', 'open']);
    members[3]?.registry.forceClose('search', { fleet: true });
    await clock.advanceAsync(0);
    expect(states()).toEqual(['closed', 'closed', 'closed', 'closed']);
  });

  it('opens a circuit that is used for the first time', async () => {
    const { last, members, clock } = await fleetThatMayProbe();
    for (const { registry } of members.slice(0, 2)) registry.recordFailure('fetch', 'timeout');
    await clock.advanceAsync(0);
    expect(last.registry.circuits().map(({ id }) => id)).toEqual(['search']);
    expect(last.registry.tryAcquire('fetch')).toMatchObject({
      admitted: false,
      reason: 'open',
      retryAfterMs: 5_000,
      lastErrorCategory: 'timeout',
    });
  });
});

describe('a circuit that its fleet has closed', () => {
  it('admits one call at first, and twice as many each 250 ms', async () => {
    const { clock, members, last } = await fleetThatMayProbe();
    await last.registry.execute('search', async () => 'found');
    await clock.advanceAsync(0);
    const third = members[2] as FleetMember;
    const admitted: number[] = [];
    for (let step = 0; step < 6; step += 1) {
      const asked = Array.from({ length: 40 }, () => third.registry.tryAcquire('search'));
      admitted.push(asked.filter((each) => each.admitted).length);
      if (step === 0) expect(asked[39]).toMatchObject({ admitted: false, retryAfterMs: 250, probing: true });
      await clock.advanceAsync(250);
    }
    expect(admitted).toEqual([1, 2, 4, 8, 16, 40]);
  });
});

describe('an order of an operator', () => {
  it('isolates a tool in all members, also in those that join or use it later', async () => {
    const { clock, members, store, states } = await fleetOf(2);
    members[0]?.registry.isolate('search', { fleet: true });
    await clock.advanceAsync(0);
    expect(states()).toEqual(['isolated', 'isolated']);
    for (const { registry } of members) expect(registry.allowRequest('search')).toBe(false);
    const later = await fleetOf(1, { clock, store });
    expect(later.members[0]?.registry.tryAcquire('search')).toMatchObject({ reason: 'isolated' });
    members[1]?.registry.release('search', { fleet: true });
    await clock.advanceAsync(0);
    expect([...states(), ...later.states()]).toEqual(['closed', 'closed', 'closed']);
  });

  it('disables a tool in all members, until it is released', async () => {
    const { clock, members, states } = await fleetOf(2);
    members[0]?.registry.disable('search', { fleet: true });
    await clock.advanceAsync(0);
    expect(states()).toEqual(['disabled', 'disabled']);
    members[1]?.registry.release('search', { fleet: true });
    await clock.advanceAsync(0);
    expect(states()).toEqual(['closed', 'closed']);
  });

  it('does not undo an isolation that a member has of its own', async () => {
    const { clock, members, states } = await fleetOf(2);
    members[1]?.registry.isolate('search');
    members[0]?.registry.isolate('search', { fleet: true });
    await clock.advanceAsync(0);
    members[0]?.registry.release('search', { fleet: true });
    await clock.advanceAsync(0);
    expect(states()).toEqual(['closed', 'isolated']);
  });

  it('needs a fleet', async () => {
    const { members } = await fleetOf(1);
    await members[0]?.fleet.leave();
    expect(() => members[0]?.registry.isolate('search', { fleet: true })).toThrow('there is no fleet');
  });
});
