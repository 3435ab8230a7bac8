import { callKinds } from '../history/call-bins.ts';
import type { FactsNews } from '../protocol.ts';
import { percent, rate, took } from './words.ts';

const layer: Readonly<Record<(typeof callKinds)[number], string>> = {
  success: 'good',
  failure: 'bad',
  ignored: 'ignored',
  cancelled: 'cancelled',
  refused: 'denied',
};

/** How the calls of the last five minutes ended, as parts of a bar. */
export function SplitBar({ split }: Pick<FactsNews, 'split'>) {
  const all = callKinds.reduce((sum, kind) => sum + split[kind], 0);
  const words =
    all === 0
      ? 'no calls in the last 5 min'
      : `last 5 min: ${callKinds
          .filter((kind) => split[kind] > 0)
          .map((kind) => `${split[kind].toLocaleString('en')} ${kind}`)
          .join(', ')}`;
  let x = 0;
  return (
    <svg class="split-bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={words}>
      <rect class="rail" width="100" height="6" />
      {callKinds.map((kind) => {
        const wide = all === 0 ? 0 : (split[kind] / all) * 100;
        x += wide;
        return wide === 0 ? null : (
          <rect key={kind} class={layer[kind]} x={x - wide} width={wide} height="6" />
        );
      })}
    </svg>
  );
}

/** Calls a minute, and how they ended. */
export function Calls({ facts }: { facts: FactsNews }) {
  return (
    <span class="calls">
      <span class={facts.perMinute === 0 ? 'quiet' : ''}>
        {facts.perMinute === 0 ? 'none' : rate(facts.perMinute)}
      </span>
      <SplitBar split={facts.split} />
    </span>
  );
}

/** The share of failures. */
export function Errors({ share }: { share: number | null }) {
  if (share === null) return <span class="quiet">–</span>;
  return <span class={share > 0 ? 'bad-share' : 'quiet'}>{percent(share)}</span>;
}

/** How long calls take: half of them, nearly all, and the slowest. */
export function LatencyText({ latency }: Pick<FactsNews, 'latency'>) {
  if (latency === null) return <span class="quiet">–</span>;
  const { p50, p95, p99 } = latency;
  return (
    <span
      class="latency"
      role="img"
      aria-label={`half of the calls take at most ${took(p50)}, 95 % ${took(p95)}, 99 % ${took(p99)}`}
      title="half of the calls, 95 % and 99 % take at most this"
    >
      <span>{took(p50)}</span>
      <span class="quiet">
        {took(p95)} · {took(p99)}
      </span>
    </span>
  );
}
