import { type AnyFunction, isFunction, isObject } from './tool.ts';

/** Makes one guarded call of a method with these arguments. */
export type MakeCall = (args: readonly unknown[], call: () => unknown) => Promise<unknown>;

const AsyncGeneratorFunction = Object.getPrototypeOf(async function* () {}).constructor as { new (): object };

export const isStream = (value: unknown): value is AsyncGenerator<unknown, unknown, unknown> =>
  isObject(value) &&
  Symbol.asyncIterator in value &&
  isFunction(value[Symbol.asyncIterator]) &&
  // Web and Node streams are values that somebody reads later.
  !('getReader' in value || 'pipe' in value);

/** The parts of a stream, or a single answer in its place. */
async function* partsOf(answer: Promise<unknown>): AsyncGenerator<unknown, unknown, unknown> {
  const given = await answer;
  if (isStream(given)) return yield* given;
  yield given;
  return undefined;
}

/**
 * The same method, each call of which goes through `makeCall`. A method that returns a stream at once still does. Called as a
 * method of the guarded tool, it sees the tool itself as `this`, so that private fields work.
 */
export function guardedMethod(
  fn: AnyFunction,
  {
    tool,
    isGuardedTool,
    makeCall,
  }: { tool: object; isGuardedTool: (self: unknown) => boolean; makeCall: MakeCall },
): AnyFunction {
  let streams = fn instanceof AsyncGeneratorFunction;
  const guarded: AnyFunction = function (...args) {
    const self = isGuardedTool(this) ? tool : this;
    const answer = makeCall(args, () => {
      const returned = fn.apply(self, args);
      streams ||= isStream(returned);
      return returned;
    });
    if (!streams) return answer;
    // Whoever reads the stream gets the error. If nobody does, it must not end the process.
    answer.catch(() => {});
    return partsOf(answer);
  };
  return Object.defineProperties(guarded, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  });
}
