import type { Duplex } from 'node:stream';
import type { ToolRegistry } from 'toolfuse';
import type { AttachOptions } from './inspector.ts';
import type { Sanitize } from './sanitize.ts';
import { asDuplex, type TwoWayStream } from './two-way-stream.ts';

/** Options of `answerInspectors`. */
export interface AnswerOptions extends AttachOptions {
  /** Whether pages can send events to the circuits. Default false. */
  readonly controls?: boolean;
  /** Returns the value to show instead of an event, context, input, output, error or definition. */
  readonly sanitize?: Sanitize;
  /** How many events are kept while an inspector is connected, from 10 to 100 000. Default 2 000. */
  readonly history?: number;
}

/** The answers of one process to the inspectors of others. */
export interface InspectorAnswers {
  /** Shows the registry to an inspector in another process, for as long as the stream is open. */
  answer(stream: TwoWayStream): void;
  close(): void;
}

/**
 * Shows a registry on the page of an inspector in another process, which connects by its option `processes`. While no inspector is
 * connected, nothing is followed and it costs nothing. Whoever can connect may read everything: keep the socket private.
 *
 * @example
 * const answers = answerInspectors(registry, { name: 'worker 3' });
 * createServer((stream) => answers.answer(stream)).listen('/run/user/1000/worker-3.sock');
 */
export function answerInspectors(registry: ToolRegistry, options: AnswerOptions = {}): InspectorAnswers {
  const open = new Set<Duplex>();
  let followed: { add(stream: Duplex): void; close(): void } | undefined;
  const show = async (stream: Duplex): Promise<void> => {
    // Loaded on demand, because most processes are never looked at.
    const { followForPages } = await import('./server/follow-for-pages.ts');
    if (!open.has(stream)) return;
    followed ??= followForPages(registry, options);
    followed.add(stream);
  };
  return {
    answer(given) {
      const stream = asDuplex(given);
      open.add(stream);
      stream.on('error', () => stream.destroy());
      stream.on('close', () => {
        open.delete(stream);
        if (open.size > 0) return;
        followed?.close();
        followed = undefined;
      });
      show(stream).catch((fault: unknown) => {
        console.error('toolfuse: an inspector cannot be answered', fault);
        stream.destroy();
      });
    },
    close() {
      for (const stream of open) stream.destroy();
    },
  };
}
