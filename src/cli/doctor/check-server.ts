import { UsageError } from '../../proxy/options/usage-error.ts';
import type { ClientKind } from '../configuration/client-kinds.ts';
import { guardedCommand } from '../configuration/guarded-command.ts';
import type { ServerEntry } from '../configuration/server-entries.ts';
import { launchOf } from '../configuration/server-launch.ts';
import { type Examined, ExamineFault, examine, type OpenConnections } from './examine.ts';
import { faultWords, slowness } from './fault-words.ts';
import { type PlaceholderContext, UnknownPlaceholder } from './placeholders.ts';
import { type Reachable, reach, WrongConfiguration } from './reach-server.ts';

/** How a server fares. */
export interface Checked {
  readonly name: string;
  /** `unchecked`: not to be found out from here. `off`: its client has it switched off. */
  readonly state: 'ok' | 'fault' | 'unchecked' | 'off';
  /** Whether the proxy stands before it. */
  readonly isGuarded: boolean;
  readonly transport: 'stdio' | 'http' | null;
  /** The eras of MCP that it speaks: `legacy` begins with `initialize`, `modern` is 2026-07-28. */
  readonly eras: readonly ('legacy' | 'modern')[];
  readonly version: string | null;
  /** From its start to its first answer, in ms. */
  readonly startMs: number | null;
  readonly tools: number | null;
  /** What is wrong, or worth to know, in words. */
  readonly what: string | null;
  /** What its user can do. */
  readonly advice: string | null;
}

export interface CheckOptions {
  readonly kind: ClientKind;
  readonly context: PlaceholderContext;
  readonly timeoutMs: number;
  readonly open: OpenConnections;
}

/** Starts a server as its client would, and finds out how it fares. It is ended again. */
export async function checkServer(entry: ServerEntry, options: CheckOptions): Promise<Checked> {
  const launch = launchOf(entry, options.kind);
  const guarded = launch.how === 'command' ? guardedCommand(launch.words) : undefined;
  const nothing: Checked = {
    name: entry.name,
    state: 'unchecked',
    isGuarded: guarded !== undefined,
    transport: null,
    eras: [],
    version: null,
    startMs: null,
    tools: null,
    what: null,
    advice: null,
  };
  if (launch.isOff) return { ...nothing, state: 'off', what: 'its client has it switched off' };
  if (launch.how === 'none') return { ...nothing, what: launch.why };
  try {
    const reachable = reach(launch, guarded, options.context);
    return { ...nothing, ...(await look(entry, reachable, options)) };
  } catch (error) {
    if (error instanceof UnknownPlaceholder) return { ...nothing, what: error.message };
    if (!(error instanceof WrongConfiguration) && !(error instanceof UsageError)) throw error;
    const advice = error instanceof WrongConfiguration ? error.advice : undefined;
    return { ...nothing, state: 'fault', what: error.message, advice: advice ?? null };
  }
}

/** Looks at a server in both eras: in each with a start of its own, since the first message can fix it to one. */
async function look(
  entry: ServerEntry,
  reachable: Reachable,
  { kind, timeoutMs, open }: CheckOptions,
): Promise<Partial<Checked>> {
  const { transport, connect } = reachable;
  const settle = (era: 'legacy' | 'modern', limitMs: number): Promise<Examined | ExamineFault> =>
    examine({ connect, era, timeoutMs: limitMs, open }).catch((error: unknown) => {
      if (error instanceof ExamineFault) return error;
      throw error;
    });
  const legacy = await settle('legacy', timeoutMs);
  const words = reachable.lastWords();
  // Who could not be started, or reached, is not asked again; who has answered once answers again about as fast.
  const isGone = legacy instanceof ExamineFault && !saysSomething(legacy);
  const limitMs =
    legacy instanceof ExamineFault ? timeoutMs : Math.min(timeoutMs, legacy.startMs * 2 + 3_000);
  const modern = isGone ? legacy : await settle('modern', limitMs);
  const found = [legacy, modern].filter((each): each is Examined => !(each instanceof ExamineFault));
  const [best] = found;
  if (best === undefined) {
    const fault = legacy as ExamineFault;
    return { state: 'fault', transport, ...faultWords(fault, words, reachable, timeoutMs) };
  }
  const eras = (['legacy', 'modern'] as const).filter(
    (era) => !((era === 'legacy' ? legacy : modern) instanceof ExamineFault),
  );
  const common = {
    transport,
    eras,
    version: best.version,
    startMs: Math.round(best.startMs),
    tools: best.tools,
  };
  return { ...common, ...slowness(best.startMs, entry, reachable, kind) };
}

/** Whether a server has answered anything, even that it does not know the question. */
const saysSomething = ({ message, asked }: ExamineFault): boolean =>
  message.startsWith('it answers') || asked === 'tools/list';
