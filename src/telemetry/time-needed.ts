/** Of how many successes in a row the median is taken. */
const successesPerMedian = 20;

/**
 * How long a tool needs: the lowest median of any 20 successful calls in a row. Because it can only fall, no slowdown of the tool
 * raises it, so that a call that was given up sooner was too impatient even for the tool at its fastest.
 */
export class TimeNeeded {
  /** In ms; 0 until enough calls were measured. */
  ms = 0;
  readonly #durations: number[] = [];

  add(durationMs: number): void {
    const durations = this.#durations;
    durations.push(durationMs);
    if (durations.length < successesPerMedian) return;
    const median = durations.sort((a, b) => a - b)[successesPerMedian / 2] ?? 0;
    this.ms = this.ms === 0 ? median : Math.min(this.ms, median);
    durations.length = 0;
  }
}
