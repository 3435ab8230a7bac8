import { adviceIn, faultsOf, reasonOf } from '../../proxy/server/delivery-fault.ts';
import type { ClientKind } from '../configuration/client-kinds.ts';
import type { ServerEntry } from '../configuration/server-entries.ts';
import { memberOf, plain } from '../configuration/text-tree.ts';
import type { ExamineFault } from './examine.ts';
import type { Reachable } from './reach-server.ts';

/** What is worth to know of a server, and what its user can do. */
export interface Words {
  readonly what: string | null;
  readonly advice: string | null;
}

/** Why a server did not answer, in words that help. */
export function faultWords(
  fault: ExamineFault,
  lastWords: string,
  { secrets }: Reachable,
  timeoutMs: number,
): Words {
  const { end, garbage, asked, cause } = fault;
  const hide = (text: string): string => secrets.hide(text);
  const said = lastWords === '' ? '' : `; its last words: ${hide(lastWords)}`;
  const advice = adviceIn(cause) ?? null;
  if (end?.exitCode === 127) {
    const hint =
      'Check its spelling, and that it is installed; programs with windows may know fewer folders than your shell, so give the whole path.';
    return { what: end.why, advice: hint };
  }
  if (end !== undefined) return { what: `${end.why} before it answered ${asked}${said}`, advice };
  if (fault.message.startsWith('no answer to')) {
    if (garbage !== undefined) {
      return {
        what: `it writes to its standard output what is no message: ${JSON.stringify(hide(garbage))}`,
        advice:
          'Servers may write messages of MCP only there. Look for an option such as --stdio, or for the command that serves MCP.',
      };
    }
    return { what: `it answered nothing to ${asked} within ${timeoutMs / 1000} s${said}`, advice };
  }
  const isRefused = [...faultsOf(cause)].some(({ code }) => code === 'ECONNREFUSED');
  const hint = isRefused ? 'Nothing listens there. Start the program that serves it.' : null;
  return { what: hide(reasonOf(cause)) + said, advice: advice ?? hint };
}

/** A launcher that looks its package up at each start. */
const launcher = /^(?:npx|bunx|pnpx|uvx|pipx|docker|podman)(?:\.cmd|\.exe)?$/;
const slowMs = 8_000;

/** Whether a server that answers is too slow for its client, or for some. */
export function slowness(
  startMs: number,
  { table }: ServerEntry,
  { program }: Reachable,
  { title, startLimitMs }: ClientKind,
): Words & { readonly state: 'ok' | 'fault' } {
  const own = memberOf(table, 'startup_timeout_sec');
  const ownMs = own === undefined ? Number.NaN : Number(plain(own.value)) * 1000;
  const limitMs = Number.isFinite(ownMs) ? ownMs : startLimitMs;
  const isTooSlow = limitMs !== undefined && startMs > limitMs;
  const advice = launcher.test(program)
    ? `${program} looks its package up at each start. Install it once, and write the path of its command instead.`
    : null;
  if (isTooSlow) {
    const what = `it took ${seconds(startMs)} to answer, and ${title} waits ${seconds(limitMs)}`;
    return { state: 'fault', what, advice };
  }
  if (startMs < slowMs) return { state: 'ok', what: null, advice: null };
  return { state: 'ok', what: `it took ${seconds(startMs)} to answer, and some clients wait 10 s`, advice };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 9_950 ? 1 : 0)} s`;
