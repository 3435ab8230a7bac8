import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Inspector } from 'toolfuse/inspect';
import { afterAll } from 'vitest';
import { chromiumArgs, findChromium } from '../../../scripts/chromium.ts';

const executablePath = findChromium();

/** Whether there is a browser; where not, `npm test` has said so. */
export const hasBrowser = executablePath !== undefined;

let browser: Promise<Browser> | undefined;
afterAll(async () => {
  await (await browser)?.close();
});

export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings of its console, what it threw, and what the CSP forbade. */
  readonly complaints: string[];
  /** What it asked of any other server. */
  readonly foreign: string[];
}

export interface PageOptions extends BrowserContextOptions {
  readonly view?: 'board' | 'chart' | 'sequence';
  /** Parameters after the view. */
  readonly more?: string;
}

/** Opens the inspector's page as its user would, in a fresh profile. */
export async function openPage(
  inspector: Inspector,
  { view = 'board', more = '', ...options }: PageOptions = {},
): Promise<OpenPage> {
  browser ??= chromium.launch({ executablePath: executablePath as string, args: [...chromiumArgs] });
  const context = await (await browser).newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
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
  await page.goto(`${inspector.url}&view=${view}${more}`);
  await page.locator('.connection.live').waitFor();
  return { page, complaints, foreign };
}
