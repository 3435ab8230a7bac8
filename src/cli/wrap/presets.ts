import { UsageError } from '../../proxy/options/usage-error.ts';

/** A handful of options of the proxy that belong together. */
interface Preset {
  readonly about: string;
  readonly flags: readonly string[];
}

/** The preset with which each server gets a file for its circuits. */
export const lastingPreset = 'lasting';

/** The presets, by names that say what they do. */
export const presets = {
  standard: { about: 'the options that the proxy has by itself', flags: [] },
  observe: {
    about: 'refuse nothing: only count, and tell what would have been refused',
    flags: ['--observe'],
  },
  careful: {
    about: 'refuse a tool after 2 failures in a row, for 30 s at first, and a model that repeats itself',
    flags: ['--failure-threshold', '2', '--min-backoff', '30000', '--loops'],
  },
  patient: {
    about: 'for slow servers: 15 minutes for a call, 5 for a start, 10 failures',
    flags: ['--timeout', '900000', '--start-timeout', '300000', '--failure-threshold', '10'],
  },
  [lastingPreset]: {
    about: 'keep the circuits over restarts, and answer clients from memory while a server is not there',
    flags: [],
  },
} satisfies Readonly<Record<string, Preset>>;

/** The options of a preset. @throws UsageError if there is none of that name. */
export function presetFlags(name: string): readonly string[] {
  const known: Readonly<Record<string, Preset>> = presets;
  const preset = Object.hasOwn(known, name) ? known[name] : undefined;
  if (preset === undefined) {
    const names = Object.keys(presets).join(', ');
    throw new UsageError(`--preset must be one of ${names}, got ${JSON.stringify(name)}`);
  }
  return preset.flags;
}
