import { describe, expect, it } from 'vitest';
import { evenChance, livePast, SimulatedClock } from '../../../../scripts/simulated-past.ts';
import { hasBrowser, openPage } from '../support/browser.ts';
import { built } from '../support/built.ts';
import { fail, start } from '../support/started.ts';

const reasonOf = (tool: string) => `.slot:has(button:text-is("${tool}")) .reason`;

describe.skipIf(!hasBrowser)('the board, for somebody who operates', () => {
  it('says of each tool why it is as it is', async () => {
    const { registry, inspector } = await start(
      {
        tools: {
          search: { mode: 'observe' },
          embed: { trip: built.toolfuse.timeWindow({ minCalls: 10 }) },
          list: { upstream: 'github', failureThreshold: 9 },
          github: { failureThreshold: 1 },
        },
      },
      { name: 'support agent' },
    );
    const down = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' });
    const failing = (tool: string, error: Error) =>
      registry.execute(tool, () => Promise.reject(error)).catch(() => {});
    await failing('list', down);
    registry.isolate('database', { by: 'Ann' });
    fail(registry, 'search', 3);
    for (let call = 0; call < 3; call += 1) registry.recordSuccess('embed');
    registry.recordFailure('embed', new Error('EPIPE'));
    fail(registry, 'shell', 2);
    const { page, complaints, foreign } = await openPage(inspector);
    const reason = (tool: string) => page.locator(reasonOf(tool)).innerText();
    await expect.poll(() => reason('list')).toMatch(/^refused: github until \d\d:\d\d:\d\d$/);
    expect(await reason('github')).toBe('network: connect ECONNREFUSED 10.0.0.1:443');
    expect(await reason('database')).toMatch(/^isolated by Ann at \d\d:\d\d:\d\d$/);
    expect(await reason('search')).toBe('not open: it only observes, and would be open; timeout');
    expect(await reason('embed')).toMatch(/^not tripped: 4 of the 10 calls that it takes, 25 % failed; /);
    expect(await reason('shell')).toBe('not tripped: 2 of 3 failures in a row; timeout');
    // The tool stands below what it depends on, and can be hidden there.
    const names = page.locator('.slot .name .plain');
    expect((await names.allInnerTexts()).join(' ')).toContain('github list');
    await page.getByRole('button', { name: 'Below github: 1' }).click();
    expect(await names.allInnerTexts()).not.toContain('list');
    // The title has the name, and how many are open.
    expect(await page.title()).toBe('(2 open) support agent · toolfuse');
    await page.getByRole('region', { name: 'Legend' }).getByText('error that does not count').waitFor();
    await page.getByText('Colours: auto').click();
    await page.getByText('Colours: light').waitFor();
    expect({ complaints, foreign }).toEqual({ complaints: [], foreign: [] });
  });

  it('shows the cap as the reason, and the keys of a tool below it', async () => {
    const { registry, inspector } = await start({
      recovery: { maxOpenShare: 0.4 },
      tools: { fetch: { key: (input: unknown) => new URL(String(input)).host } },
    });
    for (const input of ['https://example.org/a', 'https://example.com/b']) {
      await registry.execute('fetch', () => 'page', { input });
    }
    fail(registry, 'one', 3);
    fail(registry, 'two', 3);
    const { page } = await openPage(inspector);
    await expect
      .poll(() => page.locator(reasonOf('two')).innerText())
      .toMatch(/^not tripped: the cap on open circuits is reached \(\d\d:\d\d:\d\d\)/);
    await page.getByRole('button', { name: 'Below fetch: 2' }).waitFor();
    expect((await page.locator('.slot .name .plain').allInnerTexts()).slice(-2)).toEqual([
      'fetch (for example.com)',
      'fetch (for example.org)',
    ]);
  });

  it('shows the history of a tool over hours: its states, and how its calls ended', async () => {
    const clock = new SimulatedClock();
    const { registry, inspector } = await start({
      clock,
      circuit: { failureThreshold: 2, minBackoffMs: 600_000, maxBackoffMs: 600_000 },
    });
    livePast(clock, 3 * 3_600_000, 60_000, (ago) => {
      if (ago > 3_600_000 && ago <= 3_720_000) registry.recordFailure('shell', 'timeout');
      else if (registry.allowRequest('shell')) registry.recordSuccess('shell');
    });
    const { page } = await openPage(inspector);
    const lane = page.locator('.slot .lane');
    await page.getByLabel('History').selectOption({ label: '6 h' });
    await expect
      .poll(() => lane.getAttribute('aria-label'))
      .toMatch(
        /^last 6 h 0 min: closed 2 times, 2 h \d+ min; open 10 min 0 s; 17\d calls, 2 failed, \d+ refused$/,
      );
    await page.getByLabel('History').selectOption({ label: '15 min' });
    await expect
      .poll(() => lane.getAttribute('aria-label'))
      .toMatch(/^last 15 min 0 s: closed 15 min 0 s; 1\d calls, 0 failed/);
  });

  it('greys what is no longer there, and stops its countdowns', async () => {
    const { registry, inspector } = await start();
    fail(registry, 'shell', 3);
    const { page } = await openPage(inspector);
    await page.locator('.slot .countdown').waitFor();
    await inspector.close();
    await page.locator('.tool-row.is-gone').waitFor();
    expect(await page.locator('.slot .reason').innerText()).toBe('not connected');
    const left = await page.locator('.slot .left').innerText();
    await page.waitForTimeout(1_200);
    expect(await page.locator('.slot .left').innerText()).toBe(left);
  });

  it('draws only what is in sight of 1 000 tools that have an hour behind them, however it is scrolled', async () => {
    const clock = new SimulatedClock();
    const chance = evenChance(1);
    const { registry, inspector } = await start({ clock, recovery: { maxOpenCircuits: Infinity } });
    const names = Array.from({ length: 1_000 }, (_, tool) => `tool.${String(tool).padStart(4, '0')}`);
    livePast(clock, 3_600_000, 300_000, () => {
      for (const name of names) {
        if (chance() < 0.7) registry.recordSuccess(name);
        else if (registry.allowRequest(name)) registry.recordFailure(name, 'timeout');
      }
    });
    const { page, complaints } = await openPage(inspector);
    await page.locator('.slot .lane .span').first().waitFor();
    const most = await page.evaluate(async () => {
      const port = document.querySelector('.port') as HTMLElement;
      const drawn = { rows: 0, shapes: 0, lanes: 0 };
      for (let step = 1; step <= 20; step += 1) {
        port.scrollTop = (port.scrollHeight * step) / 20;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        drawn.rows = Math.max(drawn.rows, document.querySelectorAll('.slot').length);
        drawn.shapes = Math.max(drawn.shapes, document.querySelectorAll('.slot svg *').length);
        // Those that were in sight at first may still be there after the first step.
        if (step > 2) drawn.lanes = Math.max(drawn.lanes, document.querySelectorAll('.slot .lane').length);
      }
      return drawn;
    });
    expect(most.rows).toBeLessThan(40);
    expect(most.shapes).toBeLessThan(40 * 20);
    expect(most.lanes).toBe(0);
    await page.getByText('tool.0999').waitFor();
    await page.locator('.slot', { hasText: 'tool.0999' }).locator('.lane .span').first().waitFor();
    expect(await page.locator('.slot:not(:has(.lane))').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe.skipIf(!hasBrowser)('the runs', () => {
  it('have a board of their own: what each repeats, how often, and how it ended', async () => {
    const { registry, inspector } = await start({ loops: true });
    const wrong = Object.assign(new TypeError("must have required property 'content'"), { status: 400 });
    for (let call = 0; call < 4; call += 1) {
      const of = { input: call, run: 'conversation 7' };
      await registry.execute('write', () => Promise.reject(wrong), of).catch(() => {});
    }
    await registry.execute('read', () => 'text', { input: 1, run: 'conversation 8' });
    const { page } = await openPage(inspector, { view: 'runs' });
    const row = page.locator('.run-row', { hasText: 'conversation 7' });
    await row.getByText('write: the same mistake').waitFor();
    expect(await row.locator('.state').innerText()).toBe('repeating');
    expect(await row.locator('.reason').innerText()).toBe(
      "ended with: must have required property 'content'",
    );
    expect(await row.locator('.repetitions').getAttribute('aria-label')).toBe(
      '4 times; told from 3, refused from 5, should stop at 10',
    );
    expect(await page.getByRole('button', { name: 'Runs' }).innerText()).toMatch(/Runs\s*1/);
    await row.getByRole('button').click();
    await page.getByRole('group', { name: 'Statechart of run conversation 7, repeating' }).waitFor();
  });
});

describe.skipIf(!hasBrowser)('the statechart, after an event that a guard refused', () => {
  it('shows the refused transition, with the numbers of the guard', async () => {
    const { registry, inspector } = await start();
    fail(registry, 'shell', 2);
    const { page } = await openPage(inspector, { view: 'chart' });
    await page.getByLabel('Whose statechart').selectOption({ label: 'shell (closed)' });
    await page.getByText('not open, because not: call trips (2 of 3 failures)').waitFor();
    const edge = page.getByRole('img', { name: /^refused \(2 of 3 failures\), from closed to open/ });
    expect(await edge.count()).toBe(1);
    fail(registry, 'shell', 1);
    await page.getByRole('img', { name: /^from closed to open/ }).waitFor();
    expect(await edge.count()).toBe(0);
    await page.getByRole('button', { name: 'All transitions' }).click();
    await page.getByRole('img', { name: /^state open, active: .*LEASE_ASKED/ }).waitFor();
  });
});

describe.skipIf(!hasBrowser)('a phone', () => {
  it('shows tools as cards with whole names, and a chart that can be read', async () => {
    const { registry, inspector } = await start();
    const names = [
      'github.create_pull_request_review_comment_with_suggestions',
      'github.create_pull_request_review_comment',
    ];
    for (const name of names)
      registry.recordFailure(name, new Error('the server has closed the connection without an answer'));
    const { page } = await openPage(inspector, { width: 390 });
    const card = page.locator('.tool-card').first();
    await card.locator('.reason').waitFor();
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll('.tool-card, .tool-card .name button, .tool-card .reason, .card-figures')]
        .filter(
          (each) => each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1,
        )
        .map((each) => each.className),
    );
    expect(cut).toEqual([]);
    expect(await page.locator('.tool-card .name').allInnerTexts()).toEqual([...names].sort());
    await card.click();
    await page.locator('.canvas .active .title').waitFor();
    const size = await page
      .locator('.canvas .active .title')
      .evaluate((title) => title.getBoundingClientRect().height);
    expect(size).toBeGreaterThan(10);
  });
});
