import { createHash } from 'node:crypto';
import type { ProxyOptions } from './options/read.ts';

/** The part of a path that says most about a program: not `dist/index.js`, but the folder around it. */
function telling(path: string): string {
  const parts = path.split(/[\\/]/).map((part) => part.replace(/\.(?:exe|cmd|[cm]?[jt]s|py)$/i, ''));
  return parts.findLast((part) => !/^(?:index|main|cli|server|dist|build|lib|src|bin|)$/.test(part)) ?? path;
}

const launcher = /^(?:npx|node|bunx?|deno|pnpm|yarn|uvx?|pipx|python[\d.]*|docker|podman|env|sh|bash)$/;
/** A variable that a launcher passes on, or a script. Their values may be secret, so they are no names. */
const variableOrScript = /^[A-Z_][A-Z\d_]*$|[=\s]/;
const launcherWord = /^(?:run|exec|dlx|tool|x)$/;

/** Whether a part of a path looks random, and so may be a secret key. */
const isKey = (segment: string): boolean =>
  /[=%]/.test(segment) ||
  segment.split(/[-.]/).some((part) => part.length >= 20 || (part.length >= 10 && /\d/.test(part)));

/** The host, with the path if that adds anything. A key in the path is replaced by a short hash, which still tells keys apart. */
function urlName(url: string): string {
  const { host, pathname } = new URL(url);
  const path = pathname.replace(/\/+$/, '');
  if (path === '' || path === '/mcp') return host;
  const segments = path.split('/').map((segment) => {
    if (!isKey(segment)) return segment;
    return `~${createHash('sha256').update(segment).digest('hex').slice(0, 8)}`;
  });
  return host + segments.join('/');
}

/** The name of a server that was given none, from its package, its file or its URL. */
export function serverName({ command, url }: Pick<ProxyOptions, 'command' | 'url'>): string {
  if (url !== undefined) return urlName(url);
  const words = command.filter((word) => !word.startsWith('-') && !variableOrScript.test(word)).map(telling);
  const word = words.find((each, index) => !launcher.test(each) && (index === 0 || !launcherWord.test(each)));
  return word?.replace(/(?<=.)[@:][^@:]*$/, '').replace(/^(?:mcp-)?server-(?=.)/, '') ?? words[0] ?? 'server';
}
