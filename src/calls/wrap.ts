import type { CallContext } from './call.ts';
import type { WrapOptions } from './call-options.ts';

/**
 * What a guarded function gives: of an `async function*` an async generator, of any other function a promise.
 */
export type Guarded<Result, Fallback> =
  Result extends AsyncGenerator<infer Part, infer End, infer Sent>
    ? AsyncGenerator<Part | Fallback, End | undefined, Sent>
    : Promise<Awaited<Result> | Awaited<Fallback>>;

/** Makes a guarded call, as `registry.execute` does. */
export type Execute = (
  fn: (context: CallContext) => unknown,
  options: WrapOptions<unknown, unknown>,
) => Promise<unknown>;

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

const AsyncGeneratorFunction = Object.getPrototypeOf(async function* () {}).constructor as { new (): object };

/** The same function, each of whose calls is made by `execute`: it keeps `this`, its name, and its number of arguments. */
export function guardedFunction(
  fn: AnyFunction,
  options: WrapOptions<unknown, unknown>,
  execute: Execute,
): AnyFunction {
  const { withContext = false, ...others } = options;
  const call = (self: unknown, args: unknown[]): Promise<unknown> =>
    execute((context) => fn.apply(self, withContext ? [...args, context] : args), others);
  const guarded: AnyFunction =
    fn instanceof AsyncGeneratorFunction
      ? async function* (...args) {
          return yield* partsOf(await call(this, args));
        }
      : function (...args) {
          return call(this, args);
        };
  return Object.defineProperties(guarded, {
    name: { value: fn.name, configurable: true },
    length: { value: Math.max(0, fn.length - (withContext ? 1 : 0)), configurable: true },
  });
}

/** What a fallback gives in the place of a stream may be a stream as well, or one part. */
async function* partsOf(given: unknown): AsyncGenerator<unknown, unknown, unknown> {
  if (typeof given === 'object' && given !== null && Symbol.asyncIterator in given) {
    return yield* given as AsyncGenerator<unknown, unknown, unknown>;
  }
  yield given;
  return undefined;
}
