import type { EventRecord } from './event-record.ts';
import { CallBins, type CallKind } from './history/call-bins.ts';
import { type StateSpan, StateSpans } from './history/state-spans.ts';
import { withOutcome } from './outcomes.ts';
import type { ActorKind, ErrorNews, FactsNews, SparedNews, TimerNews } from './protocol.ts';
import type { Source } from './source.ts';
import { stateText } from './state-text.ts';

/** The parts of a snapshot that the inspector reads. Those of a remote app can have any type. */
export interface SeenSnapshot {
  readonly status?: unknown;
  readonly value?: unknown;
  readonly context?: unknown;
}

const kinds: Readonly<Record<string, ActorKind>> = {
  toolCircuit: 'circuit',
  toolRegistry: 'registry',
  agentRun: 'run',
};

/** The kind of an actor, from the `id` of its machine's config. */
export function kindOf(config: unknown): ActorKind {
  if (typeof config !== 'object' || config === null) return 'other';
  const { id } = config as { id?: unknown };
  return (typeof id === 'string' && Object.hasOwn(kinds, id) ? kinds[id] : undefined) ?? 'machine';
}

/** The latest known state of an actor. */
export class KnownActor {
  readonly id: string;
  readonly name: string;
  readonly parent: string | null;
  readonly kind: ActorKind;
  readonly chart: string | null;
  readonly source: Source;
  snapshot: SeenSnapshot | undefined;
  /** The version of the ledger at which it last changed. */
  version = 0;
  outcomes = '';
  /** Whether its calls are reported when they end, so that results sent to it must not count as further outcomes. */
  isReported = false;
  timers: readonly TimerNews[] = [];
  /** The states that it has been in. */
  readonly spans: StateSpans;
  /** The calls of its tool; undefined until there is one. */
  calls: CallBins | undefined;
  lastError: ErrorNews | null = null;
  spared: SparedNews | null = null;
  /** What was last found out about its tool, and the version of the ledger at which that changed. */
  facts: FactsNews | undefined;
  factsVersion = 0;
  /** When its app disconnected. */
  goneAt: number | null = null;
  /** The events that it was sent and, as far as known, has not processed yet. */
  readonly pending: EventRecord[] = [];
  /** The size of its snapshot, if that was received as text. */
  bytes = 0;
  #state: string | undefined;

  constructor(
    options: Pick<KnownActor, 'id' | 'name' | 'parent' | 'kind' | 'chart' | 'source'> & {
      /** The states before it was known here. */
      readonly past?: readonly StateSpan[];
    },
  ) {
    this.spans = new StateSpans(options.past);
    this.id = options.id;
    this.name = options.name;
    this.parent = options.parent;
    this.kind = options.kind;
    this.chart = options.chart;
    this.source = options.source;
  }

  get status(): string {
    const status = this.snapshot?.status;
    return typeof status === 'string' ? status.slice(0, 20) : 'active';
  }

  /** Its state in words, computed on demand. */
  get state(): string {
    this.#state ??= stateText(this.snapshot?.value);
    return this.#state;
  }

  /** @param since When it entered its state, in ms of the wall clock. Default: now, if the state is another one. */
  become(snapshot: SeenSnapshot, since = Date.now()): void {
    const { snapshot: before } = this;
    this.snapshot = snapshot;
    if (before !== undefined && before.value === snapshot.value) return;
    this.#state = undefined;
    this.spans.push(this.state, since);
  }

  /** A call of its tool has ended, or was refused. */
  addCall(kind: CallKind, now = Date.now()): void {
    this.outcomes = withOutcome(this.outcomes, kind);
    this.calls ??= new CallBins();
    this.calls.add(kind, now);
  }
}
