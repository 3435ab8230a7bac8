import type { TimerNews } from './protocol.ts';

interface Scheduled {
  readonly event: { readonly type: string };
  readonly startedAt: number;
  readonly delay: number;
  readonly target: { readonly sessionId: string };
}

interface System {
  getSnapshot(): { readonly _scheduledEvents: Readonly<Record<string, Scheduled>> };
}

/** The pending timers of a system's actors, by the session id of the actor that each will move. */
export function timersByActor(system: System, now: number): Map<string, TimerNews[]> {
  const timers = new Map<string, TimerNews[]>();
  for (const { event, startedAt, delay, target } of Object.values(system.getSnapshot()._scheduledEvents)) {
    const timer = { event: event.type, dueAt: startedAt + delay, delayMs: delay };
    if (timer.dueAt < now - 60_000) continue;
    const others = timers.get(target.sessionId);
    if (others === undefined) timers.set(target.sessionId, [timer]);
    else others.push(timer);
  }
  return timers;
}
