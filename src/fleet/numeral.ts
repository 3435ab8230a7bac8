/** A number as scripts read it: whole, rounded up, and never in the notation with an exponent. */
export function numeral(value: number): string {
  const whole = Math.ceil(value);
  return String(Number.isSafeInteger(whole) ? whole : Number.MAX_SAFE_INTEGER);
}
