import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createToolRegistry, timeWindow } from 'toolfuse';
import { type FleetStore, joinFleet, memoryStore } from 'toolfuse/fleet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPrometheus } from '../../../../scripts/prometheus.ts';
import { AdminKey } from '../../../../src/proxy/admin/admin-key.ts';
import { AdminServer } from '../../../../src/proxy/admin/admin-server.ts';
import { RealPrometheus } from './real-prometheus.ts';

const readyMade = (name: string): string =>
  readFileSync(new URL(`../../../../src/prometheus/ready-made/${name}`, import.meta.url), 'utf8');

const rules = readyMade('prometheus-rules.yml');
const dashboard = JSON.parse(readyMade('grafana-dashboard.json')) as {
  panels: { title: string; targets: { expr: string }[] }[];
};

/** The rules as they are, but for times that a test would wait out. */
const hurried = rules.replaceAll(/\bfor: \w+/g, 'for: 400ms').replaceAll(/\[\d+[mh]\]/g, '[10s]');

/** The queries of the rules, each without its limit: it has to give a series whether or not the alert fires. */
const ruleQueries = [...hurried.matchAll(/ {8}expr: (?:>-\n)?((?:.|\n {10})*)\n/g)].map(([, expr = '']) =>
  expr
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/ (?:==|>) [\d.]+$/, ''),
);

const dashboardQueries = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => ({
    title,
    query: expr.replaceAll('$registry', '.*').replaceAll('$tool', '.*').replaceAll('$__rate_interval', '10s'),
  })),
);

const circuit = { failureThreshold: 1, minBackoffMs: 200, maxBackoffMs: 400 };

describe.skipIf(findPrometheus() === undefined)('a real Prometheus', { timeout: 600_000 }, () => {
  const prometheus = new RealPrometheus();
  const figures = { starts: { session: 1, lost: 0, hung: 0 }, sessions: 1, pending: 0, isUp: true };
  const registry = createToolRegistry({
    circuit,
    tools: {
      search: { upstream: 'github' },
      shell: {},
      read: { trip: timeWindow({ minCalls: 2, failureRate: 1, slowCallMs: 60_000 }) },
    },
    recovery: { maxOpenCircuits: 2 },
    loops: { warnAfter: 2, denyAfter: 3, stopAfter: 10 },
  });
  // It shares no circuit: what is watched here is the store.
  const inner = memoryStore();
  let isStoreGone = false;
  const store: FleetStore = {
    eval: (...asked) => (isStoreGone ? Promise.reject(new Error('gone')) : inner.eval(...asked)),
  };
  const server = new AdminServer({
    address: { host: '127.0.0.1', port: 0 },
    key: new AdminKey(),
    proxy: { registry, name: 'demo', circuit: 'server:demo', isEnding: () => false, figures: () => figures },
  });

  beforeAll(async () => {
    const url = await server.listen();
    joinFleet(registry, { store, namespace: 'agents', pollMs: 200, tools: [] });
    for (let call = 0; call < 3; call++) await registry.execute('read', () => 'done');
    await prometheus.start(new URL(url).host, hurried);
  });
  afterAll(async () => {
    await prometheus.stop();
    server.close();
    registry.stop();
  });

  const fail = (tool: string, error: unknown = new Error('boom')) =>
    registry.execute(tool, () => Promise.reject(error)).catch(() => undefined);
  const value = async (query: string) => Number((await prometheus.query(query))[0]?.value[1]);

  /** The queries that give no series. Rates need two scrapes, so some need a moment. */
  async function silentQueries(): Promise<string[]> {
    const all = [...ruleQueries, ...dashboardQueries.map(({ query }) => query)];
    const results = await Promise.all(all.map((query) => prometheus.query(query)));
    return all.filter((_, index) => results[index]?.length === 0);
  }

  it('has been given every rule and every panel', () => {
    expect(ruleQueries).toHaveLength(rules.match(/- alert:/g)?.length ?? 0);
    expect(dashboardQueries.length).toBeGreaterThan(25);
  });

  it('answers every query with a series before anything has gone wrong', async () => {
    await expect.poll(silentQueries).toEqual([]);
    expect(await prometheus.firing()).toEqual([]);
  });

  it('fires while a tool is unavailable, right after a failed probe too, and clears when it recovers', async () => {
    await fail('shell');
    const unavailable = 'ToolfuseToolUnavailable shell';
    // Each probe fails: the circuit goes from open to half-open and back, and the alert has to outlast that.
    const before = registry.metrics().halfOpenEvents;
    for (let firing: string[] = []; !firing.includes(unavailable); firing = await prometheus.firing()) {
      await fail('shell');
      await sleep(50);
    }
    while (registry.metrics().halfOpenEvents < before + 3) {
      await fail('shell');
      await sleep(20);
    }
    expect(registry.state('shell')).not.toBe('closed');
    // Asked again and again with a failed probe in between: a busy machine may scrape long after the last one.
    await expect
      .poll(async () => {
        await fail('shell');
        return [await silentQueries(), (await prometheus.firing()).includes(unavailable)];
      })
      .toEqual([[], true]);
    while (registry.state('shell') !== 'closed') {
      await registry.execute('shell', () => 'done').catch(() => sleep(20));
    }
    await expect.poll(() => prometheus.firing()).not.toContain(unavailable);
  });

  it('shows a circuit as closed right after it was reset, though no call tells of it', async () => {
    registry.isolate('shell');
    const isolated = 'toolfuse_circuit_state{tool="shell",state="isolated"}';
    await expect.poll(() => value(isolated)).toBe(1);
    await expect.poll(() => prometheus.firing()).toContain('ToolfuseStillIsolated shell');
    registry.reset('shell');
    await expect.poll(() => value(isolated)).toBe(0);
    expect(await value('toolfuse_circuit_state{tool="shell",state="closed"}')).toBe(1);
    await expect.poll(() => prometheus.firing()).not.toContain('ToolfuseStillIsolated shell');
    await expect.poll(silentQueries).toEqual([]);
  });

  it('fires for an upstream, for an agent that should pause, and for a disabled circuit, and clears', async () => {
    const alerts = [
      'ToolfuseAgentShouldPause',
      'ToolfuseStillDisabled read',
      'ToolfuseUpstreamUnavailable github',
    ];
    registry.disable('read');
    const down = setInterval(() => {
      registry.recordFailure('shell', 'timeout');
      registry.recordFailure('search', new Error('read ECONNRESET'));
    }, 50);
    await expect.poll(() => prometheus.firing()).toEqual(expect.arrayContaining(alerts));
    clearInterval(down);
    registry.resetAll();
    await expect
      .poll(async () => (await prometheus.firing()).filter((each) => alerts.includes(each)))
      .toEqual([]);
  });

  const repeat = (run: string) =>
    registry.execute('read', () => 'the same', { run, input: { path: '/' } }).catch(() => undefined);

  it('fires for a run in a loop, for which the agent should pause, and clears once the run is over', async () => {
    const alerts = ['ToolfuseAgentShouldPause', 'ToolfuseRunInLoop'];
    for (let call = 0; call < 11; call++) await repeat('stuck');
    await expect.poll(() => prometheus.firing()).toEqual(expect.arrayContaining(alerts));
    registry.run('stuck').end();
    await expect
      .poll(async () => (await prometheus.firing()).filter((each) => alerts.includes(each)))
      .toEqual([]);
  });

  it('fires for a fleet whose store does not answer, and clears', async () => {
    isStoreGone = true;
    await expect.poll(() => prometheus.firing()).toContain('ToolfuseFleetDegraded');
    isStoreGone = false;
    await expect.poll(() => prometheus.firing()).not.toContain('ToolfuseFleetDegraded');
  });

  it('fires for servers that are down, restart, or leave requests waiting, and clears', async () => {
    const alerts = [
      'ToolfuseMcpRequestsPileUp demo',
      'ToolfuseMcpServerDown demo',
      'ToolfuseMcpServerRestarts demo',
    ];
    figures.isUp = false;
    figures.pending = 101;
    const restarts = setInterval(() => {
      figures.starts.lost += 2;
    }, 100);
    await expect.poll(() => prometheus.firing()).toEqual(expect.arrayContaining(alerts));
    clearInterval(restarts);
    figures.isUp = true;
    figures.pending = 0;
    await expect
      .poll(async () => (await prometheus.firing()).filter((each) => alerts.includes(each)))
      .toEqual([]);
  });

  it('fires for tools whose calls are nearly all refused, that open again and again, or are repeated so', async () => {
    const alerts = [
      'ToolfuseCircuitFlapping shell',
      'ToolfuseMostCallsRefused shell',
      'ToolfuseToolRepeated read',
    ];
    const insisting = setInterval(() => {
      for (let call = 0; call < 20; call++) void fail('shell');
      void repeat('another');
    }, 20);
    await expect.poll(() => prometheus.firing()).toEqual(expect.arrayContaining(alerts));
    clearInterval(insisting);
    registry.resetAll();
    await expect
      .poll(async () => (await prometheus.firing()).filter((each) => alerts.includes(each)))
      .toEqual([]);
  });
});
