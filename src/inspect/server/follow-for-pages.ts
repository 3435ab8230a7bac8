import type { Duplex } from 'node:stream';
import type { ToolRegistry } from 'toolfuse';
import type { AnswerOptions } from '../answer-inspectors.ts';
import { Ledger } from '../ledger.ts';
import { checkInspectOptions } from '../options.ts';
import { RegistrySource } from '../registry-source.ts';
import { Pages } from './pages.ts';

/** Follows a registry for pages that are connected by streams. */
export function followForPages(
  registry: ToolRegistry,
  { name, past, ...options }: AnswerOptions,
): { add(stream: Duplex): void; close(): void } {
  const settings = checkInspectOptions({ ...options, ...(name !== undefined && { name }) });
  const ledger = new Ledger(settings.history);
  const pages = new Pages(ledger, settings);
  const detach = new RegistrySource('r1', registry, ledger, {
    sanitize: settings.sanitize,
    name,
    past,
  }).attach();
  return {
    add: (stream) => pages.addStream(stream),
    close: () => {
      detach();
      pages.close();
    },
  };
}
