import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { pageFile } from './page-files.ts';

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

/** Whether a request takes a body that is compressed by gzip. */
const takesGzip = ({ headers }: IncomingMessage): boolean =>
  /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$)).*?)?(?:,|$)/i.test(
    String(headers['accept-encoding'] ?? ''),
  );

/** Serves the files of the page. */
export function serveAsset(request: IncomingMessage, response: ServerResponse): void {
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
  const isCompressed = takesGzip(request);
  let body: Buffer;
  try {
    const compressed = Buffer.from(pageFile(file), 'base64');
    body = isCompressed ? compressed : gunzipSync(compressed);
  } catch {
    say(response, 500, `The page is not built (npm run build): ${file} is missing.`);
    return;
  }
  response.writeHead(200, {
    ...headersFor(request.headers.host ?? ''),
    ...(isCompressed && { 'content-encoding': 'gzip' }),
    vary: 'accept-encoding',
    'content-type': type,
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
