import { useState } from 'preact/hooks';
import { Countdown, nextTimer } from './countdown.tsx';
import type { Actor } from './feed.ts';
import { go } from './route.ts';
import { StateBadge } from './state-badge.tsx';
import { feeds, goneSince, registries, serverNow } from './store.ts';
import { clock, count, span } from './words.ts';

/** Acknowledges the pause. @returns Null, or why it was refused. */
async function acknowledge({ feed, id }: Actor): Promise<string | null> {
  const answer = await feed.link.ask(
    { type: 'send', actor: feed.there(id), event: { type: 'ACKNOWLEDGE' } },
    'told',
  );
  return answer === undefined ? 'The server did not answer.' : answer.error;
}

function StatechartLink({ registry }: { registry: Actor }) {
  return (
    <button type="button" class="link" onClick={() => go({ view: 'chart', actor: registry.id })}>
      Its statechart
    </button>
  );
}

function Paused({ registry }: { registry: Actor }) {
  // The refusal belongs to this pause only, not to a later one.
  const [refusal, setRefusal] = useState<string | null>(null);
  return (
    <section class="pause" aria-label="Recovery pause">
      <StateBadge kind="registry" state="paused" />
      <div class="why">
        <strong>The agent should stop and ask its user.</strong>
        <span>{registry.pause?.reason}</span>
        {refusal !== null && <span role="alert">{refusal}</span>}
      </div>
      <StatechartLink registry={registry} />
      <button
        type="button"
        class="strong"
        disabled={!registry.isControlled}
        title={
          registry.isControlled
            ? 'The user says: go on anyway'
            : 'Controls are off: start with controls: true'
        }
        onClick={() => void acknowledge(registry).then(setRefusal)}
      >
        Acknowledge
      </button>
    </section>
  );
}

/** What there is to say of a registry that is not paused. */
export function RegistryLine({ registry, count: howMany }: { registry: Actor; count?: number }) {
  const timer = nextTimer(registry.timers);
  const { openCount = 0, maxOpen = 0 } = registry.pause ?? {};
  const gone = goneSince(registry);
  const started = registry.feed.hello.value?.process;
  return (
    <div class={gone === null ? 'registry' : 'registry is-gone'}>
      {howMany !== undefined && <strong class="app-name">{registry.name}</strong>}
      <StateBadge kind="registry" state={registry.state} />
      <span class="quiet">
        {openCount} open{maxOpen > 0 && `, at ${maxOpen} the agent should pause`}
        {howMany !== undefined && ` · ${count(howMany, 'tool')}`}
        {howMany !== undefined &&
          started !== undefined &&
          ` · process ${started.pid}, up ${span(Math.max(0, serverNow() - started.startedAt))}`}
      </span>
      {gone !== null && (
        <span class="quiet">{gone === 'unknown' ? 'not connected' : `gone since ${clock(gone)}`}</span>
      )}
      {timer && (
        <span class="quiet silent">
          acknowledged, no pause for <Countdown timer={timer} />
        </span>
      )}
      <StatechartLink registry={registry} />
    </div>
  );
}

/** A banner for each registry that calls for a pause, and a line for the only one there is; several head their tools. */
export function RegistryStrip() {
  const all = registries.value;
  const ended = feeds.value.filter((feed) => feed.connection.value === 'ended');
  return (
    <div class="registries" aria-live="polite">
      {all.map((registry) => {
        if (registry.state === 'paused' && goneSince(registry) === null) {
          return <Paused key={registry.id} registry={registry} />;
        }
        return all.length === 1 ? <RegistryLine key={registry.id} registry={registry} /> : null;
      })}
      {ended.length > 0 && (
        <p class="quiet">
          {ended.map(({ name, id }) => name ?? id).join(', ')} {ended.length === 1 ? 'has' : 'have'} ended;
          what was known stays for ten minutes.
        </p>
      )}
    </div>
  );
}
