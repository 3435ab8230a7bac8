import { setTimeout as sleep } from 'node:timers/promises';
import { categorize, errorCategories, type ToolRegistry } from 'toolfuse';
import { span, wordsOf } from '../../src/cli/demo/timeline.ts';
import type { Outcome, Stopwatch } from './savings.ts';
import { tell } from './timeline.ts';

/** A call that the agent must make. */
export interface Task {
  readonly tool: string;
  readonly input: Record<string, unknown>;
  /** Its subject, in a word or two. */
  readonly about: string;
}

export interface AgentOptions {
  readonly registry: ToolRegistry;
  readonly callTool: (task: Task) => Promise<string>;
  /** Starts the stopwatch of an attempt, which also records how the attempt ended. */
  readonly measure: () => Stopwatch;
  /** Resolves when the user has answered. */
  readonly askUser: (openTools: readonly string[]) => Promise<void>;
  /** Stands in for the seconds that a model takes for a turn. */
  readonly turnMs: number;
}

/** An agent with a scripted model: like real models it insists, and does other work only when it is refused. */
export class Agent {
  /** The answers of the tools, by subject. */
  readonly answers = new Map<string, string>();
  readonly #options: AgentOptions;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  /** Makes every call in a list, in rounds: calls that were denied in one round are tried again in the next. */
  async work(tasks: readonly Task[], whenStuck?: Task): Promise<void> {
    let todo = tasks;
    while (todo.length > 0) {
      const left: Task[] = [];
      for (const task of todo) if (!(await this.#insist(task))) left.push(task);
      if (left.length === todo.length && whenStuck !== undefined) await this.#insist(whenStuck);
      await this.#comeBackInTime(left);
      todo = left;
    }
  }

  /** Repeats a call while it fails. @returns False if it was denied. */
  async #insist(task: Task): Promise<boolean> {
    for (;;) {
      await this.#pauseIfToldTo();
      await sleep(this.#options.turnMs);
      const stopwatch = this.#options.measure();
      const outcome = await this.#attempt(task, stopwatch);
      stopwatch.end(outcome);
      if (outcome !== 'failed') return outcome === 'done';
    }
  }

  /** One call, guarded by the circuit of its tool. */
  async #attempt(task: Task, stopwatch: Stopwatch): Promise<Outcome> {
    const { registry, callTool } = this.#options;
    const { tool, about } = task;

    if (!registry.allowRequest(tool)) {
      tell('agent', `${tool} ${about}: DENIED, not called; ${this.#whenToComeBack(tool)}`, 'refused');
      return 'denied';
    }
    try {
      this.answers.set(about, await callTool(task));
      tell('agent', `${tool} ${about}: done in ${span(stopwatch.elapsedMs())}`, 'good');
      registry.recordSuccess(tool);
      return 'done';
    } catch (error) {
      tell(
        'agent',
        `${tool} ${about}: failed after ${span(stopwatch.elapsedMs())}: ${wordsOf(error)}`,
        'bad',
      );
      registry.recordFailure(tool, error);
      // A wrong argument says nothing about the tool, and insisting would not help.
      if (!errorCategories[categorize(error)].counted) throw error;
      return 'failed';
    }
  }

  #whenToComeBack(tool: string): string {
    const { remainingBackoffMs, lastErrorCategory } = this.#options.registry.diagnostics(tool);
    const why = lastErrorCategory === null ? '' : ` (${errorCategories[lastErrorCategory].label})`;
    return remainingBackoffMs === null
      ? `a probe is under way${why}`
      : `come back in ${Math.ceil(remainingBackoffMs / 100) / 10} s${why}`;
  }

  /** When only denied calls are left, sleeps until the first of their tools may be called again. */
  async #comeBackInTime(denied: readonly Task[]): Promise<void> {
    const waits = denied.map(({ tool }) => this.#options.registry.remainingBackoffMs(tool) ?? 0);
    if (waits.length > 0) await sleep(Math.min(...waits));
  }

  /** While the registry calls for a pause, the agent does nothing until its user decides. */
  async #pauseIfToldTo(): Promise<void> {
    const { registry, askUser } = this.#options;
    if (!registry.shouldPauseForRecovery()) return;
    await askUser(registry.openCircuits());
    while (registry.shouldPauseForRecovery()) await sleep(10);
    tell('agent', 'goes on with its work');
  }
}
