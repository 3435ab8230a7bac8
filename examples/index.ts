/**
 * `npm run demo`: an agent with a real MCP server, or with `--framework ai` one of that framework, without and with toolfuse;
 * `npm run demo -- fleet`: eight processes on one Redis.
 */
import { frameworkDemo } from './framework-demo.ts';

const framework = /--framework[= ](\S+)/.exec(process.argv.slice(2).join(' '))?.[1];
if (process.argv[2] === 'fleet') await import('./fleet/demo.ts');
else if (framework === undefined) await import('./demo.ts');
else process.exitCode = await frameworkDemo(framework);
