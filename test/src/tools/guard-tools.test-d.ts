import { createToolRegistry } from 'toolfuse';
import { guardTools } from 'toolfuse/tools';
import { describe, expectTypeOf, it } from 'vitest';

const registry = createToolRegistry();

describe('guarded tools', () => {
  class Search {
    execute = async (query: string) => ({ hits: query.length });
  }
  const tools = {
    search: new Search(),
    write: {
      async *execute(to: string) {
        yield to;
      },
    },
    client: { description: 'runs elsewhere' },
  };

  it('have the types of the tools', () => {
    expectTypeOf(guardTools(tools, { registry })).toEqualTypeOf<typeof tools>();
    expectTypeOf(guardTools([new Search()], { registry })).toEqualTypeOf<Search[]>();
  });

  it('have outputs that isFailure is asked about, with the parts of a stream', () => {
    guardTools(tools, {
      registry,
      isFailure: (output) => {
        expectTypeOf(output).toEqualTypeOf<string | { hits: number }>();
        return false;
      },
    });
  });

  it('need a registry, and know no other options', () => {
    // @ts-expect-error: the registry is missing.
    guardTools(tools, {});
    // @ts-expect-error: there is no such option.
    guardTools(tools, { registry, timeout: 5 });
  });
});
