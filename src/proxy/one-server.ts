import type { RegistryMeterOptions } from '../measure/registry-meter.ts';

/** Metrics show the circuits of all runs of a server, one for each session, as one. */
export const ofOneServer = (server: string): Pick<RegistryMeterOptions, 'rename' | 'kindOf'> => ({
  rename: (circuit) => (circuit.startsWith(`${server}#`) ? server : circuit),
  kindOf: (label) => (label === server ? 'upstream' : undefined),
});
