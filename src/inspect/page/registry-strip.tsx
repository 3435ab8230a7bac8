import { useState } from 'preact/hooks';
import type { ActorNews } from '../protocol.ts';
import { Countdown, nextTimer } from './countdown.tsx';
import { go } from './route.ts';
import { StateBadge } from './state-badge.tsx';
import { link, registries } from './store.ts';

/** Acknowledges the pause. @returns Null, or why it was refused. */
async function acknowledge(registry: ActorNews): Promise<string | null> {
  const answer = await link.ask({ type: 'send', actor: registry.id, event: { type: 'ACKNOWLEDGE' } }, 'told');
  return answer === undefined ? 'The server did not answer.' : answer.error;
}

function StatechartLink({ registry }: { registry: ActorNews }) {
  return (
    <button type="button" class="link" onClick={() => go({ view: 'chart', actor: registry.id })}>
      Its statechart
    </button>
  );
}

function Paused({ registry }: { registry: ActorNews }) {
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

/** A line for each registry, or a banner if it calls for a pause. */
export function RegistryStrip() {
  return (
    <div class="registries" aria-live="polite">
      {registries.value.map((registry) => {
        if (registry.state === 'paused') return <Paused key={registry.id} registry={registry} />;
        const timer = nextTimer(registry.timers);
        const { openCount = 0, maxOpen = 0 } = registry.pause ?? {};
        return (
          <div class="registry" key={registry.id}>
            <StateBadge kind="registry" state={registry.state} />
            <span class="quiet">
              {openCount} open{maxOpen > 0 && `, at ${maxOpen} the agent should pause`}
            </span>
            {timer && (
              <span class="quiet silent">
                acknowledged, no pause for <Countdown timer={timer} />
              </span>
            )}
            <StatechartLink registry={registry} />
          </div>
        );
      })}
    </div>
  );
}
