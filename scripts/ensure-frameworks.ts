/**
 * Installs the agent frameworks that the adapters are tested with, and what else only a few tests need (the conformance suite of MCP,
 * the SDK of OpenTelemetry, webpack), each version apart from this repository's own packages, in a folder that all checkouts share.
 * What is installed already is left alone.
 *
 *     tsx scripts/ensure-frameworks.ts            all of them but those that take long, which have to be named
 *     tsx scripts/ensure-frameworks.ts ai-7       some of them
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { folderOf, markOf, needsOf } from '../test/frameworks/installed.ts';
import { type Install, type InstallName, installs } from '../test/frameworks/versions.ts';

const run = promisify(execFile);

async function install(name: InstallName): Promise<void> {
  const { packages, scripts = false, optional = true }: Install = installs[name];
  const target = folderOf(name);
  mkdirSync(dirname(target), { recursive: true });
  // In a folder of its own first: two test runs may install at the same time, and either may be interrupted.
  const folder = mkdtempSync(join(dirname(target), `.${name}-`));
  try {
    const manifest = { private: true, type: 'module', dependencies: packages };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
    const options = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    await run(
      'npm',
      [...options, ...(scripts ? [] : ['--ignore-scripts']), ...(optional ? [] : ['--omit=optional'])],
      {
        cwd: folder,
        shell: process.platform === 'win32',
      },
    );
    writeFileSync(join(folder, 'complete'), '');
    if (existsSync(markOf(name))) return;
    rmSync(target, { recursive: true, force: true });
    renameSync(folder, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const wanted = process.argv.slice(2);
const missing = (Object.keys(installs) as InstallName[])
  .filter((name) =>
    wanted.length === 0
      ? !(installs[name] as Install).onRequest
      : wanted.some((each) => needsOf(each as InstallName).includes(name)),
  )
  .filter((name) => !existsSync(markOf(name)));

if (missing.length > 0) console.log(`Installing for the tests: ${missing.join(', ')} …`);
const left = [...missing];
const worker = async (): Promise<void> => {
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    try {
      await install(name);
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: string };
      console.error(`${name} cannot be installed: ${stderr || message}`);
      console.log(`NO ${name}: its tests are skipped.`);
    }
  }
};
await Promise.all([worker(), worker(), worker()]);
