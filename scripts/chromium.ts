import { existsSync } from 'node:fs';

const places = [
  // The same browser without windows: it takes half of the processor time. This one ends when it is told to, its wrapper does not.
  '/usr/lib/chromium/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Debian's package of the one that is found first. */
export const chromiumPackage = 'chromium-headless-shell';

/** The path of this machine's Chromium; undefined if it has none. `CHROMIUM` overrides it. */
export const findChromium = (): string | undefined =>
  [process.env.CHROMIUM, ...places].find((place) => place !== undefined && existsSync(place));

/** They restrict the browser to this machine, where it resolves no other name, and let it take little of it. */
export const chromiumArgs: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  // Each inspector has an origin of its own, and would get a process of its own.
  '--disable-site-isolation-trials',
  '--disable-features=IsolateOrigins,site-per-process',
  '--renderer-process-limit=1',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];
