import { CircuitOpenError, type Denial, type Permit, type RunOfCall, type ToolRegistry } from 'toolfuse';
import { brokenInputRequest, callEvidence } from './call-evidence.ts';
import { corrected } from './corrected-result.ts';
import { deniedResult } from './denied-result.ts';
import { isInputRequired } from './input-required.ts';
import type { ResultErrors } from './result-error-policy.ts';
import { resultFailure } from './result-errors.ts';

/** What the calls of one client have in common. */
export interface CallsOfClient {
  readonly registry: ToolRegistry;
  /** The name of the server's circuit. */
  readonly server: string;
  readonly resultErrors: ResultErrors | undefined;
  /** The run of an agent that makes the calls. */
  readonly run: RunOfCall | undefined;
  /** How a refused call ends. */
  readonly denied: 'result' | 'throw' | undefined;
  /** Whether the server answers another request within a few seconds, after a call that took `timeoutMs` and got no answer. */
  readonly isAlive: (timeoutMs: number) => Promise<boolean>;
}

/** The parameters of a call that matter here. */
export interface CallParams {
  readonly name: string;
  readonly arguments?: unknown;
}

/** The options of a call that matter here. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

const sdkTimeoutMs = 60_000;

/**
 * A call of a tool, with a permit for each of its rounds: the server may ask for an input, and is called again with the answer.
 * Between two rounds the call holds no permit, because its user may take as long as they like.
 */
export class GuardedCall {
  readonly #client: CallsOfClient;
  readonly #tool: string;
  readonly #circuit: string;
  readonly #input: unknown;
  /** Of the round under way; undefined between two rounds. */
  #permit: Permit | undefined;

  /** @param circuit The name of the tool's circuit. */
  constructor(client: CallsOfClient, { name: tool, arguments: input = {} }: CallParams, circuit: string) {
    this.#client = client;
    this.#tool = tool;
    this.#circuit = circuit;
    this.#input = input;
  }

  /** Makes the first round, and with it all others. */
  async make(call: () => Promise<unknown>, options: RequestOptions | undefined): Promise<unknown> {
    const denial = this.#begin();
    if (denial !== undefined) return this.#refuse(denial);
    try {
      const result = await call();
      this.#answered(result);
      return corrected(result, this.#permit?.correction);
    } catch (error) {
      await this.#failed(error, options);
      throw error;
    }
  }

  /** The server has asked for an input: the round is over. */
  inputRequired(): void {
    this.#permit?.release({ roundTrip: true });
    this.#permit = undefined;
  }

  /** Makes a further round, unless the circuit has opened while the user was asked. */
  async makeFurther(call: () => Promise<unknown>): Promise<unknown> {
    const denial = this.#begin();
    if (denial !== undefined) return this.#refuse(denial);
    const result = await call();
    if (isInputRequired(result)) this.inputRequired();
    return result;
  }

  #begin(): Denial | undefined {
    const { registry, server, run } = this.#client;
    // A model may call a tool that has the server's name, and a circuit must not depend on itself.
    const upstream = this.#circuit === server ? undefined : server;
    const asked = registry.tryAcquire(this.#circuit, { upstream, input: this.#input, run });
    if (!asked.admitted) return asked;
    this.#permit = asked;
    return undefined;
  }

  #refuse(denial: Denial): unknown {
    // The model knows the tool by its own name.
    const known = { ...denial, tool: this.#tool };
    if (this.#client.denied === 'throw') throw new CircuitOpenError(known);
    return deniedResult(known);
  }

  #answered(result: unknown): void {
    if (isInputRequired(result)) {
      this.inputRequired();
      return;
    }
    const failure = resultFailure(result, this.#client.resultErrors);
    if (failure === null) this.#permit?.success(result);
    else this.#permit?.failure(failure, { roundTrip: true });
  }

  /** Reports an error to the circuits that it is evidence against, before the caller gets it. */
  async #failed(error: unknown, options: RequestOptions | undefined): Promise<void> {
    const permit = this.#permit;
    if (permit === undefined) {
      // Whatever the client could not do about an input says nothing about the tool.
      const failure = brokenInputRequest(error);
      if (failure !== undefined) this.#client.registry.recordFailure(this.#circuit, failure);
      return;
    }
    if (options?.signal?.aborted) {
      permit.failure('cancelled');
      return;
    }
    const evidence = callEvidence(error);
    switch (evidence.kind) {
      case 'unsent':
        permit.release();
        break;
      case 'inputRequired':
        this.inputRequired();
        break;
      case 'other':
        permit.failure(error);
        break;
      case 'answered':
        permit.failure(evidence.failure, { roundTrip: true });
        break;
      case 'timeout': {
        const roundTrip = await this.#client.isAlive(options?.timeout ?? sdkTimeoutMs);
        permit.failure(error, { roundTrip, timedOut: true });
      }
    }
  }
}
