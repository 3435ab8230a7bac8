import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPrometheus } from '../../../../scripts/prometheus.ts';

/** A sample of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

/** A port that was free a moment ago: Prometheus cannot choose one itself. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

/** A real Prometheus that scrapes one target five times a second. */
export class RealPrometheus {
  readonly #folder = mkdtempSync(join(tmpdir(), 'toolfuse-prometheus-'));
  #url = '';
  #child: ChildProcess | undefined;
  #printed = '';

  /** @param rules The text of the rules' file. */
  async start(target: string, rules: string): Promise<void> {
    const found = findPrometheus();
    if (found === undefined) throw new Error('there is no Prometheus');
    writeFileSync(join(this.#folder, 'rules.yml'), rules);
    writeFileSync(
      join(this.#folder, 'prometheus.yml'),
      `global: { scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms }
rule_files: [rules.yml]
scrape_configs: [{ job_name: toolfuse, static_configs: [{ targets: ['${target}'] }] }]
`,
    );
    execFileSync(found.promtool, ['check', 'config', join(this.#folder, 'prometheus.yml')]);
    const port = await freePort();
    this.#url = `http://127.0.0.1:${port}`;
    const child = spawn(found.prometheus, [
      `--config.file=${join(this.#folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(this.#folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ]);
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#printed += text;
      });
    }
    const isReady = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`Prometheus has ended: ${this.#printed}`);
      return fetch(`${this.#url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    };
    while (!(await isReady())) await sleep(100);
  }

  async query(expression: string): Promise<readonly Sample[]> {
    const { result } = (await this.#get(`query?query=${encodeURIComponent(expression)}`)) as {
      result: readonly Sample[];
    };
    return result;
  }

  /** The names of the alerts that fire, each with the tool or server that it is about. */
  async firing(): Promise<string[]> {
    const { alerts } = (await this.#get('alerts')) as { alerts: readonly Alert[] };
    return alerts
      .filter(({ state }) => state === 'firing')
      .map(({ labels }) => `${labels.alertname} ${labels.tool ?? labels.server ?? ''}`.trim())
      .sort();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      await new Promise((resolve) => {
        child.once('close', resolve);
        child.kill('SIGKILL');
      });
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}`);
    const { status, data, error } = (await response.json()) as {
      status: string;
      data: unknown;
      error?: string;
    };
    if (status !== 'success') throw new Error(`${path}: ${error}`);
    return data;
  }
}
