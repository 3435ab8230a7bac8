import { fileURLToPath } from 'node:url';

const dist = (path: string): string => fileURLToPath(new URL(`../../../../dist/${path}`, import.meta.url));

/** The built package; `npm test` builds it first. */
export const built = {
  toolfuse: (await import(/* @vite-ignore */ dist('index.js'))) as typeof import('toolfuse'),
  inspect: (await import(/* @vite-ignore */ dist('inspect/index.js'))) as typeof import('toolfuse/inspect'),
};
