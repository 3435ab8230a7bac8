import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The folder of the built page. It is next to the built library, even if the library runs from its sources. */
const folder = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/inspect/page/' : './page/',
  import.meta.url,
);

/** The served files by path. No other file on the disk can be requested. */
const assets: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
};

/** A policy that forbids foreign resources, inline scripts, and framing the page. */
function headersFor(host: string): Record<string, string> {
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      `connect-src 'self' ws://${host}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  };
}

/** Sends a plain-text answer. */
export function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${text}\n`);
}

/** Serves the files of the page. */
export async function serveAsset(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    say(response, 405, 'The page can only be read.');
    return;
  }
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const asset = Object.hasOwn(assets, path) ? assets[path] : undefined;
  if (asset === undefined) {
    say(response, 404, 'There is nothing here.');
    return;
  }
  const [file, type] = asset;
  let body: Buffer;
  try {
    body = await readFile(new URL(file, folder));
  } catch {
    say(response, 500, `The page is not built (npm run build): ${file} is missing.`);
    return;
  }
  response.writeHead(200, {
    ...headersFor(request.headers.host ?? ''),
    'content-type': type,
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
