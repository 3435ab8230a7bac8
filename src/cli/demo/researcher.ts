import { CircuitOpenError, type Clock } from 'toolfuse';
import type { EagerModel, ModelCall } from './eager-model.ts';
import { span, type Timeline, wordsOf } from './timeline.ts';

/** A tool of the agent: it takes one word or two, and returns what the model reads. */
export type ResearchTool = (subject: string) => Promise<string>;

/** The tools of the agent, besides one to wait with. */
interface ResearchTools {
  readonly search: ResearchTool;
  readonly notes: ResearchTool;
}

/** What the calls of a tool came to that were really made. */
export interface CallTally {
  /** How many calls were made and failed. */
  wasted: number;
  /** How long these calls took together, in ms. */
  wastedMs: number;
}

/** Where and how an agent works. */
export interface Surroundings {
  readonly clock: Clock;
  readonly timeline: Timeline;
}

/** The same tool, whose calls are told and counted. */
export function toldTool(
  name: string,
  tool: ResearchTool,
  { clock, timeline, tally }: Surroundings & { readonly tally: CallTally },
): ResearchTool {
  return async (subject) => {
    const startedAt = clock.now();
    const tookMs = (): number => clock.now() - startedAt;
    try {
      const answer = await tool(subject);
      timeline.tell('agent', `${name} "${subject}": answered in ${span(tookMs())}`, 'good');
      return answer;
    } catch (error) {
      tally.wasted += 1;
      tally.wastedMs += tookMs();
      timeline.tell(
        'agent',
        `${name} "${subject}": failed after ${span(tookMs())}: ${wordsOf(error)}`,
        'bad',
      );
      throw error;
    }
  };
}

export interface ResearcherOptions extends Surroundings {
  readonly model: EagerModel;
  readonly tools: ResearchTools;
  /** Stands in for the seconds that a model takes for a turn. */
  readonly turnMs: number;
}

const task = `You are a careful researcher. Find out when, by whom, where and why statecharts were invented. Use the tool
search for each question, and read the notes of the week with the tool notes. With the tool wait you can wait for some seconds.`;

/** The loop of an agent: the model decides on a call, the call is made, and the model reads what came of it. */
export class Researcher {
  readonly #options: ResearcherOptions;
  /** All that the model reads in its next turn. */
  readonly #transcript: object[] = [{ role: 'user', content: task }];

  constructor(options: ResearcherOptions) {
    this.#options = options;
  }

  /** Works until the model has its answer. */
  async work(): Promise<void> {
    const { model, timeline, turnMs } = this.#options;
    let last: string | undefined;
    for (;;) {
      await this.#sleep(turnMs);
      const turn = model.next(JSON.stringify(this.#transcript), last);
      this.#transcript.push({ role: 'assistant', content: turn });
      if (typeof turn === 'string') return timeline.tell('agent', `answers: "${turn}"`);
      for (const call of turn) {
        last = await this.#call(call);
        this.#transcript.push({ role: 'tool', name: call.tool, content: last });
      }
    }
  }

  /** Makes one call. @returns What the model reads of it. */
  async #call({ tool, input = {} }: ModelCall): Promise<string> {
    const { tools, timeline } = this.#options;
    if (tool === 'wait') return this.#wait(Number(input.seconds));
    const subject = String(input.query ?? input.name);
    try {
      return await (tool === 'search' ? tools.search(subject) : tools.notes(subject));
    } catch (error) {
      const words = wordsOf(error);
      if (error instanceof CircuitOpenError) {
        timeline.tell('agent', `${tool} "${subject}": REFUSED, and not called. The model reads:`, 'refused');
        timeline.tell('agent', `"${words}"`, 'refused');
      }
      return words;
    }
  }

  async #wait(seconds: number): Promise<string> {
    for (let left = seconds; left > 0; left -= 1) {
      this.#options.timeline.tell('agent', `has nothing else to do, and waits: ${left} s`);
      await this.#sleep(1_000);
    }
    return `${seconds} s have passed.`;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.setTimeout(resolve, ms, true));
  }
}
