/** A duration for people: `0.4 s`, `12 s`, `2 min 5 s`. */
export function span(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

/** A wall-clock time to the millisecond. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(
    date.getMilliseconds(),
  ).padStart(3, '0')}`;
}

/** A wall-clock time to the second; of another day, with its date. */
export function clock(at: number): string {
  const date = new Date(at);
  const time = timeOfDay(at).slice(0, 8);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? time : `${date.toLocaleDateString('en', { month: 'short', day: 'numeric' })} ${time}`;
}

/** A number of calls a minute: `12/min`, `0.4/min`. */
export const rate = (perMinute: number): string =>
  `${perMinute === 0 || perMinute >= 9.95 ? Math.round(perMinute).toLocaleString('en') : perMinute.toFixed(1)}/min`;

/** A share for people: `4 %`, and `0.4 %` so that little is not nothing. */
export const percent = (share: number): string =>
  `${share === 0 || share >= 0.0995 ? Math.round(share * 100) : (share * 100).toFixed(1)} %`;

/** How long a call took: `85 ms`, `1.2 s`. */
export const took = (ms: number): string =>
  ms < 999.5 ? `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms` : span(ms);

export const count = (value: number, one: string, many = `${one}s`): string =>
  `${value.toLocaleString('en')} ${value === 1 ? one : many}`;

/** A camel-case name in lower-case words: `rateLimit` becomes `rate limit`. */
export const phrase = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();

/** An event's type for people; XState's own types for delays are long. */
export function eventWords(type: string): string {
  const delayed = /^xstate\.after\.([^.]+)/.exec(type);
  if (delayed !== null)
    return `after ${Number.isNaN(Number(delayed[1])) ? phrase(delayed[1] ?? '') : span(Number(delayed[1]))}`;
  if (type === 'xstate.init') return 'begins';
  return type;
}
