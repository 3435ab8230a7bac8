import { type Clock, createToolRegistry, type ToolRegistry } from 'toolfuse';
import { defaultCircuitConfig as defaults } from 'toolfuse/machines';
import { type ComparisonRow, comparisonTable } from './comparison-table.ts';
import { EagerModel } from './eager-model.ts';
import { type CallTally, Researcher, type ResearchTool, type Surroundings, toldTool } from './researcher.ts';
import type { SearchServer } from './search-server.ts';
import { type Screen, span, Timeline } from './timeline.ts';

/** How long a search may take, in ms: the tool's own limit, with and without a circuit. */
export const searchLimitMs = 300;

const settings = { failureThreshold: 3, minBackoffMs: 1_500 };
const turnMs = 100;
const noteMs = 100;

/** How long the server hangs, in ms, from the moment of its first answer. */
const outageMs = 6_500;

/** The time limit of most MCP clients, which is that of its SDK, in ms. */
const usualLimitMs = 60_000;

const questions = ['when', 'by whom', 'where', 'why'];
const days = ['monday', 'tuesday', 'wednesday', 'thursday'];

export interface StoryOptions {
  readonly screen: Screen;
  readonly clock: Clock;
  /** Starts the server that the agent searches with. */
  readonly startServer: () => Promise<SearchServer>;
}

/** What came of one run. */
interface Run extends CallTally {
  /** How long it took, in ms. */
  readonly tookMs: number;
  readonly answered: number;
  readonly turns: number;
  readonly tokens: number;
}

/** Tells of the circuit of the search. */
function tellOfCircuit(registry: ToolRegistry, timeline: Timeline): void {
  registry.on('circuit.opened', ({ from, currentBackoffMs }) => {
    const why =
      from === 'halfOpen'
        ? 'AGAIN, since that call failed'
        : `after ${settings.failureThreshold} failures in a row`;
    timeline.tell('circuit', `OPEN ${why}: calls are refused for ${span(currentBackoffMs)}`, 'bad');
  });
  registry.on('circuit.halfOpened', () =>
    timeline.tell('circuit', 'HALF-OPEN: the time is over, one call may try', 'refused'),
  );
  registry.on('circuit.closed', () =>
    timeline.tell('circuit', 'CLOSED: that call was answered, so all may call again', 'good'),
  );
}

const sleep = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => clock.setTimeout(resolve, ms, true));

/** The search of a server that hangs from its first answer on, until it is started again. */
function breakingSearch(server: SearchServer, { clock, timeline }: Surroundings): ResearchTool {
  let hasAnswered = false;
  return async (query) => {
    const found = await server.search(query);
    if (hasAnswered) return found;
    hasAnswered = true;
    server.hang();
    clock.setTimeout(
      () => {
        server.recover();
        timeline.tell('server', 'is started again, and answers');
      },
      outageMs,
      true,
    );
    return found;
  };
}

/** Lets the agent do its work, in spite of the outage. */
async function run({ screen, clock, startServer }: StoryOptions, registry?: ToolRegistry): Promise<Run> {
  const server = await startServer();
  const timeline = new Timeline(screen, clock.now);
  const startedAt = clock.now();
  const tally: CallTally = { wasted: 0, wastedMs: 0 };
  const told = { clock, timeline, tally };
  const search = toldTool('search', breakingSearch(server, told), told);
  const notes = toldTool('notes', (day) => sleep(clock, noteMs).then(() => `Nothing on ${day}.`), told);
  const model = new EagerModel({
    questions,
    notes: days,
    canWait: true,
    answer: ({ answered }) => `I have found out ${answered} of ${questions.length} things.`,
  });
  if (registry !== undefined) tellOfCircuit(registry, timeline);
  const tools = { search: registry === undefined ? search : registry.wrap('search', search), notes };
  try {
    await new Researcher({ model, tools, clock, timeline, turnMs }).work();
    const { answered, turns, tokens } = model;
    return { ...tally, tookMs: clock.now() - startedAt, answered, turns, tokens };
  } finally {
    server.stop();
  }
}

const inNumbers = (count: number): string => count.toLocaleString('en');

function comparison(without: Run, guarded: Run): string[] {
  const row = (what: string, shown: (run: Run) => string): ComparisonRow => [
    what,
    shown(without),
    shown(guarded),
  ];
  return comparisonTable('toolfuse', [
    row('questions answered', ({ answered }) => `${answered} of ${questions.length}`),
    row('calls wasted', ({ wasted }) => inNumbers(wasted)),
    row('waited for them', ({ wastedMs }) => span(wastedMs)),
    row('turns of the model', ({ turns }) => inNumbers(turns)),
    row('tokens read', ({ tokens }) => inNumbers(tokens)),
    row('the whole work', ({ tookMs }) => span(tookMs)),
  ]);
}

/** What the guard saved. On a machine that has no time for us, that may be nothing. */
function savings(without: Run, guarded: Run): string | undefined {
  const wasted = without.wasted - guarded.wasted;
  const tokens = without.tokens - guarded.tokens;
  const waitedMs = without.wastedMs - guarded.wastedMs;
  if (wasted <= 0 || tokens <= 0 || waitedMs <= 0) return undefined;
  return `Saved: ${wasted} calls, ${inNumbers(tokens)} tokens (at 4 characters each), ${span(waitedMs)} of waiting. With the ${span(usualLimitMs)} that an MCP client waits, ${wasted} calls are ${Math.round((wasted * usualLimitMs) / 60_000)} minutes.`;
}

/** Lets the same agent work without and with a circuit, and compares what it cost. */
export async function tellStory(options: StoryOptions): Promise<void> {
  const { screen, clock } = options;
  const page = new Timeline(screen, clock.now);
  page.say(
    'An agent with a tool that searches, on a server of this machine that hangs for a while. Only the model is scripted: it repeats what fails, as models do, and believes a refusal. The server, its silence and the circuit are real.',
  );
  page.say(
    `Scaled down to seconds: a search may take ${span(searchLimitMs)}, and a circuit opens after ${settings.failureThreshold} failures (default: ${defaults.failureThreshold}), at first for ${span(settings.minBackoffMs)} (${span(defaults.minBackoffMs)}).`,
  );

  page.headline('1. Without toolfuse');
  const without = await run(options);

  page.headline("2. With toolfuse. The only change: search = registry.wrap('search', search)");
  const registry = createToolRegistry({ circuit: settings, clock });
  const guarded = await run(options, registry).finally(() => registry.stop());

  page.headline('The same agent, the same trouble');
  page.lines(comparison(without, guarded));
  const saved = savings(without, guarded);
  if (saved !== undefined) page.say(saved);

  page.headline('What next');
  page.say('For the MCP servers of your clients, without code:');
  page.lines(['  npm install -g toolfuse', '  toolfuse mcp wrap --dry-run']);
  page.say('For your own agent:');
  page.lines(['  npm install toolfuse']);
}
