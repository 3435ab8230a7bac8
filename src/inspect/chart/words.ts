/** A name in words: `tooManyAreOpen` is "too many are open". What is no such name stays as it is. */
export const inWords = (name: string): string =>
  /^[a-z][a-zA-Z0-9]*$/.test(name)
    ? name.replace(
        /([a-z0-9])([A-Z])/g,
        (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
      )
    : name;

/** A time as people say it: 1 500 is "1.5 s". */
export function durationInWords(ms: number): string {
  if (ms >= 60_000 && ms % 30_000 === 0) return `${ms / 60_000} min`;
  return ms >= 1_000 ? `${Math.round(ms / 10) / 100} s` : `${ms} ms`;
}
