import { defaultRecoveryConfig, type RecoveryConfig, recoveryConfig } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';

describe('the settings of the recovery pause', () => {
  it('are the defaults if none are given', () => {
    const defaults = { maxOpenCircuits: 3, cooldownMs: 60_000, maxOpenShare: 1 };
    expect(defaultRecoveryConfig).toEqual(defaults);
    expect(recoveryConfig()).toEqual(defaults);
    expect(recoveryConfig({})).toEqual(defaults);
  });

  it('accept each field alone', () => {
    expect(recoveryConfig({ maxOpenCircuits: Infinity })).toEqual({
      maxOpenCircuits: Infinity,
      cooldownMs: 60_000,
      maxOpenShare: 1,
    });
    expect(recoveryConfig({ cooldownMs: 0 })).toEqual({
      maxOpenCircuits: 3,
      cooldownMs: 0,
      maxOpenShare: 1,
    });
    expect(recoveryConfig({ maxOpenShare: 0.5 })).toEqual({
      maxOpenCircuits: 3,
      cooldownMs: 60_000,
      maxOpenShare: 0.5,
    });
  });

  it('treat an undefined field as left out', () => {
    const given = { maxOpenCircuits: undefined } as unknown as Partial<RecoveryConfig>;
    expect(recoveryConfig(given).maxOpenCircuits).toBe(3);
  });

  it('cannot be changed by their readers', () => {
    expect(Object.isFrozen(defaultRecoveryConfig)).toBe(true);
    expect(Object.isFrozen(recoveryConfig())).toBe(true);
  });
});
