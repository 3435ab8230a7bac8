import type { PersistedRegistry, ToolRegistry } from 'toolfuse';
import { CircuitHistory } from '../../inspect/history/circuit-history.ts';
import { checkFile } from '../options/check-file.ts';
import type { ProxyOptions } from '../options/read.ts';
import { serverIdentity } from './server-identity.ts';
import { StateFile } from './state-file.ts';

/** The circuits of the proxy and their history, in the file that `--state` names; without it, nothing is kept. */
export class ProxyState {
  readonly #file: StateFile | undefined;
  /** What the last process has saved, for the circuits to begin with. */
  readonly restore: string | undefined;

  /**
   * @param server The name of the server.
   * @throws UsageError for a file that cannot be written.
   */
  constructor(options: ProxyOptions, server: string, onTrouble: (what: string) => void) {
    const { state: path } = options;
    if (path === undefined) return;
    const file = new StateFile({ path, server, identity: serverIdentity(options), onTrouble });
    checkFile('--state', path, () => file.check());
    this.#file = file;
    this.restore = file.load();
  }

  /** The history of the circuits, with that of the earlier process which has written the file. */
  historyOf(registry: ToolRegistry): CircuitHistory {
    const { history, savedTime } = JSON.parse(this.restore ?? '{}') as {
      history?: unknown;
      savedTime?: number;
    };
    return new CircuitHistory(registry, history, savedTime);
  }

  /** Saves circuits and history soon, together with what changes until then. */
  saveSoon(registry: ToolRegistry, history: CircuitHistory): void {
    this.#file?.saveSoon(() => persisted(registry, history));
  }

  save(registry: ToolRegistry, history: CircuitHistory): void {
    this.#file?.save(() => persisted(registry, history));
  }
}

const persisted = (registry: ToolRegistry, history: CircuitHistory): string =>
  JSON.stringify({ ...(JSON.parse(registry.persist()) as PersistedRegistry), history });
