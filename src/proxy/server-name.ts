import type { ProxyOptions } from './options/read.ts';

/** The part of a path that says most: not `dist/index.js`, but what it is the index of. */
function telling(path: string): string {
  const parts = path.split(/[\\/]/).map((part) => part.replace(/\.(?:exe|cmd|[cm]?[jt]s|py)$/i, ''));
  return parts.findLast((part) => !/^(?:index|main|cli|server|dist|build|lib|src|bin|)$/.test(part)) ?? path;
}

const launcher = /^(?:npx|node|bunx?|deno|pnpm|yarn|uvx?|pipx|python[\d.]*|docker|podman|env|sh|bash)$/;
/** A variable that a launcher passes on, or a script: their values may be secret. */
const variableOrScript = /^[A-Z_][A-Z\d_]*$|[=\s]/;
const launcherWord = /^(?:run|exec|dlx|tool|x)$/;

/** What to call a server that was given no name: by its package, its file or its host. */
export function serverName({ command, url }: Pick<ProxyOptions, 'command' | 'url'>): string {
  if (url !== undefined) return new URL(url).host;
  const words = command.filter((word) => !word.startsWith('-') && !variableOrScript.test(word)).map(telling);
  const word = words.find((each, index) => !launcher.test(each) && (index === 0 || !launcherWord.test(each)));
  return word?.replace(/(?<=.)[@:][^@:]*$/, '').replace(/^(?:mcp-)?server-(?=.)/, '') ?? words[0] ?? 'server';
}
