import type { ProxyLog } from '../log.ts';
import type { ClientRequest } from '../session/client-request.ts';
import type { Message } from '../wire/message.ts';
import type { Step } from './step.ts';

/** Logs the arguments and results of calls, which may be secret: for `--log-payloads` only. */
export class PayloadLog implements Step {
  readonly #log: ProxyLog;

  constructor(log: ProxyLog) {
    this.#log = log;
  }

  request({ call, message }: ClientRequest): undefined {
    if (call === undefined) return;
    this.#tell('payload.call', call.tool, message.text('params', 'arguments'));
  }

  answer({ call }: ClientRequest, answer: Message): undefined {
    if (call === undefined) return;
    this.#tell('payload.result', call.tool, answer.text('result') ?? answer.text('error'));
  }

  #tell(event: string, tool: string, said = ''): void {
    this.#log.tell(event, { tool, said });
  }
}
