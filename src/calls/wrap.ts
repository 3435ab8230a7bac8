import { askForInput } from '../options/strangers.ts';
import type { CallContext } from './call.ts';
import type { ExecuteOptions, WrapOptions } from './call-options.ts';

/** The return type of a guarded function: an async generator for an `async function*`, a promise for any other function. */
export type Guarded<Result, Fallback> =
  Result extends AsyncGenerator<infer Part, infer End, infer Sent>
    ? AsyncGenerator<Part | Fallback, End | undefined, Sent>
    : Promise<Awaited<Result> | Awaited<Fallback>>;

/** Makes a guarded call, as `registry.execute` does. */
export type Execute = (
  fn: (context: CallContext) => unknown,
  options: ExecuteOptions<unknown, unknown> | undefined,
) => Promise<unknown>;

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

const AsyncGeneratorFunction = Object.getPrototypeOf(async function* () {}).constructor as { new (): object };

/** The same function, with each call made by `execute`. It keeps `this`, its name, and its number of arguments. */
export function guardedFunction(
  fn: AnyFunction,
  options: WrapOptions<unknown, unknown>,
  execute: Execute,
  needsInput: () => boolean,
): AnyFunction {
  const { withContext = false, input, ...others } = options;
  const withoutInput = Object.keys(others).length === 0 ? undefined : others;
  const inputOf = (args: unknown[]): unknown => {
    if (input !== undefined) return askForInput(input as (...args: unknown[]) => unknown, args);
    return args.length === 0 ? null : args[0];
  };
  const call = (self: unknown, args: unknown[]): Promise<unknown> =>
    execute(
      (context) => fn.apply(self, withContext ? [...args, context] : args),
      // Only where somebody asks for it: most calls need no options then.
      needsInput() ? { ...others, input: inputOf(args) } : withoutInput,
    );
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

/** The parts of a fallback's result, which may be a stream or a single part. */
async function* partsOf(given: unknown): AsyncGenerator<unknown, unknown, unknown> {
  if (typeof given === 'object' && given !== null && Symbol.asyncIterator in given) {
    return yield* given as AsyncGenerator<unknown, unknown, unknown>;
  }
  yield given;
  return undefined;
}
