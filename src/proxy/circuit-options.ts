import {
  type CircuitConfig,
  consecutiveFailures,
  countWindow,
  type LoopOptions,
  type ToolConfig,
  type TripStrategy,
  timeWindow,
} from 'toolfuse';
import { defaultLoopConfig } from '../../machines/loop-config.ts';
import type { ProxyOptions } from './options/read.ts';
import {
  backoffOfProxyMs,
  type CircuitValues,
  failuresOfProxy,
  type OwnSettings,
} from './options/settings.ts';
import { UsageError } from './options/usage-error.ts';

/** The settings that the library has by the same names. */
const sameNames = [
  'failureThreshold',
  'minBackoffMs',
  'maxBackoffMs',
  'backoffFactor',
  'halfOpenMaxProbes',
  'successThreshold',
  'probeTimeoutMs',
] as const;
const namesOfTools = ['mode', 'polling', 'alternatives'] as const;

/** The kinds of windows, and the limits of all of them. */
const kindNames = ['trip', 'countWindow', 'timeWindowMs'] as const;
const limitNames = ['failureRate', 'minCalls', 'slowCallMs', 'slowCallRate'] as const;
const windowNames = [...kindNames, ...limitNames] as const;

/** The given ones of some settings. */
const pick = <Name extends keyof OwnSettings>(
  own: OwnSettings,
  names: readonly Name[],
): Pick<OwnSettings, Name> =>
  Object.fromEntries(names.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]]]))) as Pick<
    OwnSettings,
    Name
  >;

/** A circuit that never opens. */
const never: TripStrategy<null> = { start: null, record: () => null, trips: () => false };

/**
 * When a circuit opens.
 *
 * @param own What was given for it.
 * @param common What was given for all circuits. A tool that names a window of its own has only their limits.
 * @param where Names its settings in an error message.
 * @throws UsageError for settings that contradict each other.
 */
function tripOf(own: OwnSettings, common: CircuitValues, where: string): Pick<ToolConfig, 'trip'> {
  if (own.enabled === false) return { trip: never };
  const given = pick(own, windowNames);
  if (Object.keys(given).length === 0) return {};
  const namesKind = kindNames.some((name) => given[name] !== undefined);
  const all = { ...pick(common, namesKind ? limitNames : windowNames), ...given };
  const { trip: named, countWindow: size, timeWindowMs: windowMs, ...limits } = all;
  if (size !== undefined && windowMs !== undefined)
    throw new UsageError('--count-window and --time-window are two windows: there can be only one');
  if (limits.slowCallRate !== undefined && limits.slowCallMs === undefined)
    throw new UsageError('--slow-call-rate needs --slow-call, which says what a slow call is');
  const trip = named ?? (size === undefined ? 'time-window' : 'count-window');
  const unmeant = windowNames.find(
    (name) => name !== 'trip' && given[name] !== undefined && !isMeant(name, trip),
  );
  if (unmeant !== undefined) throw new UsageError(`${where}trip=${trip} has no ${unmeant}`);
  try {
    switch (trip) {
      case 'consecutive-failures':
        return { trip: consecutiveFailures };
      case 'count-window':
        return { trip: countWindow({ ...(size !== undefined && { size }), ...limits }) };
      case 'time-window':
        return { trip: timeWindow({ ...(windowMs !== undefined && { windowMs }), ...limits }) };
    }
  } catch (error) {
    throw new UsageError(where + (error as Error).message);
  }
}

/** Whether a setting means anything for a way to trip. */
const isMeant = (name: (typeof windowNames)[number], trip: string): boolean =>
  trip !== 'consecutive-failures' &&
  !(name === 'countWindow' && trip === 'time-window') &&
  !(name === 'timeWindowMs' && trip === 'count-window');

/** The first backoff where none was given: a shorter limit goes over it. */
const defaultBackoffMs = ({ maxBackoffMs = Infinity }: CircuitValues): number =>
  Math.min(backoffOfProxyMs, maxBackoffMs);

/** The settings of every circuit, as the library has them. One that was not given is left to its defaults. @throws UsageError */
export const commonCircuit = (options: CircuitValues): Partial<CircuitConfig> => ({
  failureThreshold: failuresOfProxy,
  minBackoffMs: defaultBackoffMs(options),
  ...pick(options, sameNames),
  ...tripOf(pick(options, windowNames), {}, ''),
});

/**
 * The settings of one circuit, as the library has them.
 *
 * @param common What was given for all circuits.
 * @param whose Names its owner in an error message.
 * @throws UsageError
 */
export const ownCircuit = (own: OwnSettings, common: CircuitValues, whose: string): ToolConfig => ({
  ...(common.minBackoffMs === undefined &&
    own.maxBackoffMs !== undefined && { minBackoffMs: defaultBackoffMs(own) }),
  ...pick(own, sameNames),
  ...pick(own, namesOfTools),
  ...tripOf(own, common, `${whose}: `),
});

/** The guard against loops that the options ask for. @throws UsageError for limits without it. */
export function loopsOf({ loops = false, warnAfter, denyAfter }: ProxyOptions): boolean | LoopOptions {
  for (const [name, value] of Object.entries({ warnAfter, denyAfter })) {
    if (value !== undefined && !loops) throw new UsageError(`${name} needs --loops, got ${value}`);
  }
  // A limit that was given may be beyond the default of the next one.
  const deny = denyAfter ?? Math.max(defaultLoopConfig.denyAfter, warnAfter ?? 0);
  return (
    loops && {
      warnAfter: warnAfter ?? Math.min(defaultLoopConfig.warnAfter, deny),
      denyAfter: deny,
      stopAfter: Math.max(defaultLoopConfig.stopAfter, deny),
    }
  );
}
