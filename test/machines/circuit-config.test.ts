import {
  type CircuitConfig,
  circuitConfig,
  consecutiveFailures,
  countWindow,
  defaultCircuitConfig,
} from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';

const defaults: CircuitConfig = {
  trip: consecutiveFailures,
  failureThreshold: 7,
  resetTimeoutMs: 60_000,
  minBackoffMs: 5_000,
  maxBackoffMs: 120_000,
  backoffFactor: 2,
  backoff: null,
  jitter: 'none',
  backoffResetMs: 0,
  halfOpenMaxProbes: 1,
  successThreshold: 1,
  probesPerVerdict: 1,
  maxRetryAfterMs: 300_000,
  probeTimeoutMs: 60_000,
};
const others: CircuitConfig = {
  trip: countWindow(),
  failureThreshold: 3,
  resetTimeoutMs: 30_000,
  minBackoffMs: 100,
  maxBackoffMs: 900,
  backoffFactor: 3,
  backoff: (step) => step,
  jitter: 'full',
  backoffResetMs: 5_000,
  halfOpenMaxProbes: Infinity,
  successThreshold: 2,
  probesPerVerdict: 4,
  maxRetryAfterMs: 2_000,
  probeTimeoutMs: 1_000,
};

describe('the settings of a circuit', () => {
  it('are the defaults if none are given', () => {
    expect(defaultCircuitConfig).toEqual(defaults);
    expect(circuitConfig()).toEqual(defaults);
    expect(circuitConfig({})).toEqual(defaults);
  });

  it.each(Object.keys(defaults) as (keyof CircuitConfig)[])(
    'accept %s alone, and keep the defaults of the others',
    (field) => {
      const expected = { ...defaults, [field]: others[field] };
      // The defaults of these two depend on other settings.
      if (field === 'resetTimeoutMs') expected.probeTimeoutMs = others.resetTimeoutMs;
      if (field === 'successThreshold') expected.probesPerVerdict = others.successThreshold;
      expect(circuitConfig({ [field]: others[field] })).toEqual(expected);
    },
  );

  it('give a probe resetTimeoutMs by default', () => {
    expect(circuitConfig({ resetTimeoutMs: 30_000 }).probeTimeoutMs).toBe(30_000);
    expect(circuitConfig({ resetTimeoutMs: 30_000, probeTimeoutMs: 1_000 }).probeTimeoutMs).toBe(1_000);
    expect(circuitConfig({ probeTimeoutMs: 1_000 }).probeTimeoutMs).toBe(1_000);
  });

  it('treat an undefined field as left out', () => {
    const given = { failureThreshold: undefined } as unknown as Partial<CircuitConfig>;
    expect(circuitConfig(given)).toEqual(defaults);
  });

  it('accept 0 as a value', () => {
    expect(circuitConfig({ minBackoffMs: 0 }).minBackoffMs).toBe(0);
  });

  it('are shared between circuits if they are complete', () => {
    expect(circuitConfig(others)).toBe(others);
    expect(circuitConfig()).toBe(defaultCircuitConfig);
  });

  it('cannot be changed by their readers', () => {
    expect(Object.isFrozen(defaultCircuitConfig)).toBe(true);
    expect(Object.isFrozen(circuitConfig({ failureThreshold: 3 }))).toBe(true);
  });
});
