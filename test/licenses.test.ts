import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const file = 'THIRD-PARTY-LICENSES.txt';

/** Each package in the file, with its licence. */
const licenses = new Map(
  readFileSync(join(dist, file), 'utf8')
    .split(/\n-{80}\n\n/)
    .map((section) => [/^\S+/.exec(section)?.[0] ?? '', section] as const),
);

const scripts = readdirSync(dist, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.js'))
  .map((path) => readFileSync(join(dist, path), 'utf8'));

describe('the licences of what is bundled', () => {
  it('are those of the packages that we mean to bundle, and of theirs', () => {
    expect([...licenses.keys()]).toEqual([
      '@dagrejs/dagre',
      '@dagrejs/graphlib',
      '@opentelemetry/api',
      '@preact/signals',
      '@preact/signals-core',
      '@xstate/inspect',
      'agent-base',
      'bintrees',
      'cross-spawn',
      'debug',
      'eslint-visitor-keys',
      'eventsource-parser',
      'fast-safe-stringify',
      'has-flag',
      'http-proxy-agent',
      'https-proxy-agent',
      'isexe',
      'jsonc-parser',
      'ms',
      'path-key',
      'preact',
      'prom-client',
      'proxy-agent-negotiate',
      'proxy-from-env',
      're2js',
      'shebang-command',
      'shebang-regex',
      'supports-color',
      'tdigest',
      'toml-eslint-parser',
      'which',
      'ws',
      'xstate',
      'yaml',
    ]);
  });

  it.each([...licenses])('have the text of that of %s', (_name, section) => {
    if (section.includes('(Apache-2.0)')) {
      expect(section).toMatch(/Apache License\s+Version 2\.0/);
      expect(section).toContain('END OF TERMS AND CONDITIONS');
    } else {
      expect(section).toMatch(/Copyright (?:\(c\)|\w)/i);
      expect(section).toMatch(/Permission (is hereby granted|to use, copy, modify)/);
    }
  });

  it('name every package whose modules are named in what is built', () => {
    const named = scripts.flatMap((script) =>
      [...script.matchAll(/^\/\/ .*node_modules\/((?:@[^/]+\/)?[^/\n]+)\//gm)].map(([, name]) => name ?? ''),
    );
    expect(named).toContain('ws');
    expect(named.filter((name) => !licenses.has(name))).toEqual([]);
  });

  it('are not said to be in a file that is not there', () => {
    expect(scripts.filter((script) => script.includes('LEGAL.txt'))).toEqual([]);
  });
});
