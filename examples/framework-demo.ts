/**
 * An agent of a real framework, without and with toolfuse, with a dead tool and a stand-in for a model. It installs the framework
 * first, apart from this repository's packages:
 *
 *     npm run demo -- --framework ai
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isInstalled } from '../test/frameworks/installed.ts';
import { runProgram } from '../test/frameworks/run-program.ts';
import type { InstallName } from '../test/frameworks/versions.ts';

const demos: Readonly<Record<string, InstallName>> = {
  ai: 'ai-6',
  langchain: 'langchain',
  'claude-agent': 'claude-code',
  'openai-agents': 'openai-agents',
};

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Runs the demo of a framework. @returns The exit code for the process. */
export async function frameworkDemo(framework: string): Promise<number> {
  const install = demos[framework];
  if (install === undefined) {
    console.error(`There is no demo of "${framework}"; there is one of ${Object.keys(demos).join(', ')}.`);
    return 2;
  }
  if (!isInstalled(install)) {
    execFileSync(process.execPath, ['--import', 'tsx', at('../scripts/ensure-frameworks.ts'), install], {
      stdio: 'inherit',
    });
  }
  const { output, errors, code } = await runProgram(
    `import { isGood } from ${JSON.stringify(at(`frameworks/${framework}.ts`))};
    process.exitCode = isGood ? 0 : 1;`,
    install,
  );
  process.stdout.write(output);
  process.stderr.write(errors);
  return code;
}
