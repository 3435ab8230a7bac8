import type { FleetScript } from './scripts/index.ts';
import type { FleetStore } from './store.ts';

/** How a client sends a script by its hash, and as a whole. */
export interface ScriptSender {
  evalsha(script: FleetScript, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  eval(script: FleetScript, keys: readonly string[], args: readonly string[]): Promise<unknown>;
}

/**
 * Whether a server does not know a script, or no more: it was restarted, or told to forget its scripts. The server says
 * `NOSCRIPT`, and glide `NoScriptError`.
 */
const isUnknownScript = (error: unknown): boolean =>
  error instanceof Error && /noscript/i.test(error.message);

/** Sends scripts by their hash, and as a whole where the server does not know them. */
export const byHash = ({ evalsha, eval: whole }: ScriptSender): Pick<FleetStore, 'eval'> => ({
  async eval(script, keys, args) {
    try {
      return await evalsha(script, keys, args);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return whole(script, keys, args);
    }
  },
});
