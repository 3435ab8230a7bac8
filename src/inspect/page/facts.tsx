import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActorNews } from '../protocol.ts';
import { Countdown } from './countdown.tsx';
import { Failures } from './failures.tsx';
import { JsonText } from './json-text.tsx';
import { Sparkline } from './sparkline.tsx';
import { StateBadge } from './state-badge.tsx';
import { link } from './store.ts';
import { upstreamOf } from './upstream.ts';
import { count, eventWords, phrase } from './words.ts';

/** The shortest interval between two requests for the context, in ms. */
const contextMs = 500;

/** The actor's snapshot, requested while it is visible. */
function Snapshot({ actor }: { actor: ActorNews }) {
  const [snapshot, setSnapshot] = useState<unknown>();
  const latest = useRef(actor);
  latest.current = actor;
  useEffect(() => {
    let asked: ActorNews | undefined;
    let isCurrent = true;
    const ask = async (): Promise<void> => {
      if (asked === latest.current) return;
      asked = latest.current;
      const answer = await link.ask({ type: 'snapshot', actor: asked.id }, 'snapshot');
      if (isCurrent && answer !== undefined) setSnapshot(answer.snapshot);
    };
    void ask();
    // Changes do not postpone the request; otherwise a constantly changing actor would never be requested.
    const timer = setInterval(() => void ask(), contextMs);
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, []);
  return snapshot === undefined ? null : <JsonText value={snapshot} label="Snapshot" />;
}

/** The current facts about an actor. */
export function Facts({ actor }: { actor: ActorNews }) {
  const [isOpen, setOpen] = useState(false);
  const { tool, pause } = actor;
  const upstream = upstreamOf(actor);
  return (
    <section class="facts" aria-label="Facts">
      <dl>
        <dt>State</dt>
        <dd>
          <StateBadge kind={actor.kind} state={actor.state} />
          {actor.status !== 'active' && <span class="quiet"> {actor.status}</span>}
        </dd>
        {tool && (
          <>
            <dt>Failures</dt>
            <dd>
              <Failures failures={tool.failures} threshold={tool.threshold} />
            </dd>
            <dt>Last error</dt>
            <dd>{tool.lastError ? phrase(tool.lastError) : <span class="quiet">none</span>}</dd>
            {upstream && (
              <>
                <dt>Depends on</dt>
                <dd>
                  {upstream.name} <StateBadge kind={upstream.kind} state={upstream.state} />
                </dd>
              </>
            )}
            <dt>Opened</dt>
            <dd>{count(tool.opens, 'time')}</dd>
            <dt>Denied</dt>
            <dd>{count(tool.denials, 'call')}</dd>
            <dt>Outcomes</dt>
            <dd>
              <Sparkline outcomes={tool.outcomes} />
            </dd>
          </>
        )}
        {pause && (
          <>
            <dt>Open</dt>
            <dd>
              {pause.openCount}
              {pause.maxOpen > 0 && <span class="quiet"> of {pause.maxOpen} that call for a pause</span>}
            </dd>
            {pause.reason !== null && (
              <>
                <dt>Paused</dt>
                <dd>{pause.reason}</dd>
              </>
            )}
          </>
        )}
        {actor.timers.map((timer) => (
          <>
            <dt>{eventWords(timer.event)}</dt>
            <dd>
              <Countdown timer={timer} />
            </dd>
          </>
        ))}
      </dl>
      <button type="button" class="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? 'Hide the snapshot' : 'Show the snapshot'}
      </button>
      {isOpen && <Snapshot key={actor.id} actor={actor} />}
    </section>
  );
}
