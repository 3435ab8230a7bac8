import { type BrowserContext, chromium, type Page, type WebSocketRoute } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { chromiumArgs, findChromium } from '../../../../scripts/chromium.ts';
import { hungMs } from '../../../support/hung.ts';

const executablePath = findChromium();

/** Whether there is a browser; if not, `npm test` has said so. */
export const hasBrowser = executablePath !== undefined;

/** One for all files of a worker. It ends with the worker. */
let profile: Promise<BrowserContext> | undefined;

async function startBrowser(): Promise<BrowserContext> {
  const browser = await chromium.launch({
    executablePath: executablePath as string,
    args: [...chromiumArgs],
  });
  return browser.newContext();
}

/** The browser is shared, because opening one takes longer than most tests. */
const idle: Page[] = [];

export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings in its console, uncaught exceptions, and violations of the CSP. */
  readonly complaints: string[];
  /** Its requests to any other server. */
  readonly foreign: string[];
}

export interface PageOptions {
  readonly view?: 'board' | 'runs' | 'chart' | 'sequence';
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce' | 'no-preference';
  /** The width of the window, in px. Default 1 280. */
  readonly width?: number;
}

/** An empty window, with the complaints that it collects. */
export async function openWindow(): Promise<Page> {
  profile ??= startBrowser();
  const page = idle.pop() ?? (await (await profile).newPage());
  onTestFinished(async () => {
    if (page.isClosed()) return;
    page.removeAllListeners();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.goto('about:blank');
    idle.push(page);
  });
  page.setDefaultTimeout(hungMs);
  return page;
}

/**
 * Passes the sockets of the page that match on to `handler`, from its next load on. Playwright cannot take this back,
 * and sends what the page says a moment later, maybe to a socket that has closed: no other test gets this window.
 */
export async function routeSockets(
  page: Page,
  match: string | RegExp,
  handler: (route: WebSocketRoute) => void,
): Promise<void> {
  onTestFinished(() => page.close());
  await page.routeWebSocket(match, handler);
}

/** Opens the inspector's page as a user would. Each inspector has its own origin, which shares nothing with others. */
export async function openPage(
  inspector: { readonly url: string },
  { view = 'board', colorScheme = 'light', reducedMotion = 'no-preference', width = 1_280 }: PageOptions = {},
): Promise<OpenPage> {
  const page = await openWindow();
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme, reducedMotion });
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  const own = new URL(inspector.url).host;
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'blob:' && url.host !== own) foreign.push(request.url());
  });
  await page.goto(`${inspector.url}&view=${view}`);
  await page.locator('.connection.live').waitFor();
  return { page, complaints, foreign };
}
