/** A camel-case name in words: `tooManyAreOpen` becomes "too many are open". Other text is returned unchanged. */
export const inWords = (name: string): string =>
  /^[a-z][a-zA-Z0-9]*$/.test(name)
    ? name.replace(
        /([a-z0-9])([A-Z])/g,
        (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
      )
    : name;

/** A duration for people: 1 500 becomes "1.5 s". */
export function durationInWords(ms: number): string {
  if (ms >= 60_000 && ms % 30_000 === 0) return `${ms / 60_000} min`;
  return ms >= 1_000 ? `${Math.round(ms / 10) / 100} s` : `${ms} ms`;
}
