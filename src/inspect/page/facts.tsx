import { useEffect, useRef, useState } from 'preact/hooks';
import { Countdown } from './countdown.tsx';
import { Failures } from './failures.tsx';
import type { Actor } from './feed.ts';
import { Errors, LatencyText, SplitBar } from './figures.tsx';
import { JsonText } from './json-text.tsx';
import { Lane } from './lane.tsx';
import { period } from './lanes.ts';
import { isolationWords, notTrippedWords } from './reason.ts';
import { endingWords, loopWords, Repetitions } from './runs.tsx';
import { Sparkline } from './sparkline.tsx';
import { StateBadge } from './state-badge.tsx';
import { goneSince } from './store.ts';
import { factsOf, upstreamOf } from './upstream.ts';
import { clock, count, eventWords, phrase, rate, span } from './words.ts';

/** The shortest interval between two requests for the context, in ms. */
const contextMs = 500;

/** The actor's snapshot, requested while it is visible. */
function Snapshot({ actor }: { actor: Actor }) {
  const [snapshot, setSnapshot] = useState<unknown>();
  const latest = useRef(actor);
  latest.current = actor;
  useEffect(() => {
    let asked: Actor | undefined;
    let isCurrent = true;
    const ask = async (): Promise<void> => {
      if (asked === latest.current) return;
      asked = latest.current;
      const { feed, id } = asked;
      const answer = await feed.link.ask({ type: 'snapshot', actor: feed.there(id) }, 'snapshot');
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

/** The last error with its words, and when it was. */
function LastError({ actor }: { actor: Actor }) {
  const error = factsOf(actor)?.error;
  if (error == null) {
    return actor.tool?.lastError ? (
      <span>{phrase(actor.tool.lastError)}</span>
    ) : (
      <span class="quiet">none</span>
    );
  }
  return (
    <>
      {phrase(error.category)} <span class="quiet">at {clock(error.at)}</span>
      {error.words !== null && <q class="said-words">{error.words}</q>}
    </>
  );
}

function ToolFacts({ actor }: { actor: Actor }) {
  const { tool } = actor;
  const facts = factsOf(actor);
  const upstream = upstreamOf(actor);
  const notTripped = notTrippedWords(actor);
  if (tool === null) return null;
  return (
    <>
      {actor.state === 'isolated' && (
        <>
          <dt>By whom</dt>
          <dd>{isolationWords(actor)}</dd>
        </>
      )}
      <dt>Failures</dt>
      <dd>
        <Failures failures={tool.failures} threshold={tool.threshold} />
      </dd>
      {notTripped !== null && (
        <>
          <dt>Why not open</dt>
          <dd>{notTripped}</dd>
        </>
      )}
      <dt>Last error</dt>
      <dd>
        <LastError actor={actor} />
      </dd>
      {upstream && (
        <>
          <dt>Depends on</dt>
          <dd>
            {upstream.name} <StateBadge kind={upstream.kind} state={upstream.state} />
          </dd>
        </>
      )}
      {facts && (
        <>
          <dt>Calls</dt>
          <dd>
            {rate(facts.perMinute)} <SplitBar split={facts.split} />
          </dd>
          <dt>Errors</dt>
          <dd>
            <Errors share={facts.errorShare} />
          </dd>
          <dt>p50 · p95 · p99</dt>
          <dd>
            <LatencyText latency={facts.latency} />
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
  );
}

/** The current facts about an actor. */
export function Facts({ actor }: { actor: Actor }) {
  const [isOpen, setOpen] = useState(false);
  const { pause, run, since } = actor;
  const gone = goneSince(actor);
  return (
    <section class="facts" aria-label="Facts">
      {gone !== null && (
        <p class="quiet">
          {gone === 'unknown'
            ? 'Not connected: this is how it was.'
            : `Its app is gone since ${clock(gone)}.`}
        </p>
      )}
      <dl>
        <dt>State</dt>
        <dd>
          <StateBadge kind={actor.kind} state={actor.state} />
          {actor.status !== 'active' && <span class="quiet"> {actor.status}</span>}
          {since !== null && <span class="quiet"> since {clock(since)}</span>}
        </dd>
        {actor.timers.map((timer) => (
          <>
            <dt>{eventWords(timer.event)}</dt>
            <dd>
              <Countdown timer={timer} hasClock />
            </dd>
          </>
        ))}
        <ToolFacts actor={actor} />
        {run && (
          <>
            <dt>Repeats</dt>
            <dd>{loopWords(run)}</dd>
            <dt>Times</dt>
            <dd>
              <Repetitions run={run} />
            </dd>
            {endingWords(run) !== '' && (
              <>
                <dt>Ended with</dt>
                <dd>{endingWords(run)}</dd>
              </>
            )}
            <dt>Told</dt>
            <dd>{count(run.warned, 'time')}</dd>
            <dt>Refused</dt>
            <dd>{count(run.denied, 'call')}</dd>
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
        <dt>Last {span(period.value).replace(/ 0 (min|s)$/, '')}</dt>
        <dd>
          <Lane actor={actor} />
        </dd>
      </dl>
      <button type="button" class="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? 'Hide the snapshot' : 'Show the snapshot'}
      </button>
      {isOpen && <Snapshot key={actor.id} actor={actor} />}
    </section>
  );
}
