import type { Actor } from './feed.ts';
import { percent } from './words.ts';

/** The numbers that the guard of a transition compares now, by the guard's words: "3 of 7 failures"; undefined if it has none. */
export function guardNumbers({ kind, tool, pause, run }: Actor, guard: string | null): string | undefined {
  if (guard === null) return undefined;
  if (kind === 'circuit' && tool !== null) {
    const { failures, threshold, window, probesInFlight, maxProbes, probeSuccesses, successThreshold } = tool;
    switch (guard) {
      case 'call trips':
      case 'trip is spared':
        if (window === null) return `${failures} of ${threshold} failures`;
        return window.calls < window.minCalls
          ? `${window.calls} of ${window.minCalls} calls`
          : `${percent(window.failures / window.calls)} of ${percent(window.failureRate)} failed`;
      case 'place is free':
        return maxProbes === null ? undefined : `${probesInFlight} of ${maxProbes} probes`;
      case 'successes suffice':
        return `${probeSuccesses} of ${successThreshold} successes`;
      default:
        return undefined;
    }
  }
  if (kind === 'registry' && pause !== null && pause.maxOpen > 0) {
    return /open|pause/.test(guard) ? `${pause.openCount} of ${pause.maxOpen} open` : undefined;
  }
  if (kind === 'run' && run !== null) {
    const times = run.loop?.count ?? 0;
    if (/warned/.test(guard)) return `${times} of ${run.warnAfter} times`;
    if (/stop/.test(guard)) return `${times} of ${run.stopAfter} times`;
    if (/refused/.test(guard)) return `${times} of ${run.denyAfter} times`;
  }
  return undefined;
}
