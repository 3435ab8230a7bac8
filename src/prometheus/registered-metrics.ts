import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import {
  type CountedName,
  countedInstruments,
  type Instrument,
  type ObservedName,
  observedInstruments,
  prometheusName,
  type ReadName,
  readInstruments,
} from '../measure/instruments.ts';
import type { MeterSink, Readings, RegistryMeter } from '../measure/registry-meter.ts';

/** The names of a table's entries, which `Object.keys` returns as any strings. */
const namesOf = <Name extends string>(table: Readonly<Record<Name, Instrument>>): Name[] =>
  Object.keys(table) as Name[];

const configOf = (instrument: Instrument, register: Registry) => ({
  name: prometheusName(instrument),
  help: instrument.help,
  labelNames: ['registry', ...instrument.labels],
  registers: [register],
});

/** The metrics in one register of prom-client, which all registries that are measured there share. */
export class RegisteredMetrics implements MeterSink {
  /** The registries that are measured, by the values of their label. */
  readonly meters = new Map<string, RegistryMeter>();
  readonly #counters: Readonly<Record<CountedName, Counter>>;
  readonly #histograms: Readonly<Record<ObservedName, Histogram>>;
  /** What was read for the scrape that is going on. */
  #readings: readonly Readings[] | undefined;

  /** @throws Error if the register has metrics of these names already. */
  constructor(register: Registry) {
    // Those that are read come first: reading begins the series of counters of tools that have just become known.
    for (const name of namesOf(readInstruments)) this.#defineRead(name, register);
    this.#counters = Object.fromEntries(
      namesOf(countedInstruments).map((name) => [
        name,
        new Counter(configOf(countedInstruments[name], register)),
      ]),
    ) as Record<CountedName, Counter>;
    this.#histograms = Object.fromEntries(
      namesOf(observedInstruments).map((name) => {
        const { bounds = [] } = observedInstruments[name];
        return [
          name,
          new Histogram({ ...configOf(observedInstruments[name], register), buckets: [...bounds] }),
        ];
      }),
    ) as Record<ObservedName, Histogram>;
  }

  add(counter: CountedName, labels: Readonly<Record<string, string>>, by: number): void {
    this.#counters[counter].inc(labels, by);
  }

  observe(histogram: ObservedName, labels: Readonly<Record<string, string>>, value: number): void {
    this.#histograms[histogram].observe(labels, value);
  }

  prepare(histogram: ObservedName, labels: Readonly<Record<string, string>>): void {
    this.#histograms[histogram].zero(labels);
  }

  /** Values that are read at the scrape cannot be out of date, whatever events there were, or were not. */
  #defineRead(name: ReadName, register: Registry): void {
    const instrument = readInstruments[name];
    const read = (): readonly Readings[] => this.#read();
    if (instrument.kind === 'counter') {
      new Counter({
        ...configOf(instrument, register),
        collect() {
          this.reset();
          for (const readings of read()) {
            for (const { labels, value } of readings[name]) this.inc(labels, value);
          }
        },
      });
    } else {
      new Gauge({
        ...configOf(instrument, register),
        collect() {
          this.reset();
          for (const readings of read()) {
            for (const { labels, value } of readings[name]) this.set(labels, value);
          }
        },
      });
    }
  }

  /** All metrics of a scrape are collected in one go, so that they are read once, and agree. */
  #read(): readonly Readings[] {
    if (this.#readings === undefined) {
      this.#readings = [...this.meters.values()].map((meter) => meter.read());
      queueMicrotask(() => {
        this.#readings = undefined;
      });
    }
    return this.#readings;
  }
}
