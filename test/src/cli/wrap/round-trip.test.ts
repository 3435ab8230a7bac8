import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ClientKind,
  clientKinds,
  type Language,
} from '../../../../src/cli/configuration/client-kinds.ts';
import { entriesOf, readTree } from '../../../../src/cli/configuration/server-entries.ts';
import { launchOf } from '../../../../src/cli/configuration/server-launch.ts';
import { flagsForHeaders } from '../../../../src/cli/wrap/wrap-entry.ts';
import { type Decide, unwrapText, wrapText } from '../../../../src/cli/wrap/wrap-text.ts';
import { checkProperty } from '../../../support/property.ts';
import {
  choices,
  jsonc,
  membersOf,
  type Next,
  name,
  type Server,
  server,
  taking,
  toml,
  yaml,
} from './random-layouts.ts';

const unsafe = 'it is written in a way that cannot be changed safely';

const kindOf = (id: string): ClientKind => clientKinds.find((kind) => kind.id === id) as ClientKind;

/** Guards whatever can be guarded. */
const decideIn =
  (kind: ClientKind): Decide =>
  (entry, guarded) => {
    if (guarded !== undefined) return guarded;
    const launch = launchOf(entry, kind);
    if (launch.how === 'none') return { why: launch.why };
    const flags = launch.how === 'url' ? flagsForHeaders(launch) : [];
    return { launcher: ['/n/node', 'C:\\t "q"\\toolfuse', 'mcp'], flags: ['--name', entry.name, ...flags] };
  };

/** Everything but the servers themselves. */
function others(text: string, kind: ClientKind, language: Language): string {
  const tree = readTree(text, language);
  const places = entriesOf(tree, kind)
    .flatMap(({ table }) => table.parts)
    .sort((a, b) => a.start - b.start);
  let at = 0;
  let rest = '';
  for (const { start, end } of places) {
    rest += tree.text.slice(at, start);
    at = end;
  }
  return rest + tree.text.slice(at);
}

const layouts = [
  {
    language: 'json',
    kind: kindOf('cursor'),
    write: (servers: Readonly<Record<string, Server>>, next: Next, eol: string) => {
      const entries = Object.entries(servers).map(([key, each]) => [
        key,
        Object.fromEntries(membersOf(each)),
      ]);
      return jsonc({ a: 'x', mcpServers: Object.fromEntries(entries), z: [1, { b: null }] }, next, eol);
    },
  },
  { language: 'toml', kind: kindOf('codex'), write: toml },
  { language: 'yaml', kind: kindOf('continue'), write: yaml },
] as const;

describe.each(layouts)('a random layout in $language', ({ language, kind, write }) => {
  const decide = decideIn(kind);
  const randomFile = fc
    .tuple(fc.dictionary(name, server, { minKeys: 1, maxKeys: 3 }), choices, fc.constantFrom('\n', '\r\n'))
    .map(([servers, numbers, eol]) => ({ servers, text: write(servers, taking(numbers), eol) }));

  it('is guarded, is the same after a second wrap, and is what it was after the unwrap', () => {
    let wrappedCount = 0;
    checkProperty(
      fc.property(randomFile, ({ servers, text }) => {
        const wrapped = wrapText({ text, kind, language }, decide);
        expect(wrapped.outcomes.map(({ entry }) => entry.name).sort()).toEqual(Object.keys(servers).sort());
        // A table of headers in dotted keys of TOML is the only thing that is not changed.
        const left = wrapped.outcomes.filter(({ did }) => did === 'left').map(({ why }) => why);
        expect(left.every((why) => language === 'toml' && why === unsafe)).toBe(true);
        wrappedCount += wrapped.outcomes.filter(({ did }) => did === 'wrapped').length;
        expect(wrapped.without).toBe(text);
        expect(others(wrapped.text, kind, language)).toBe(others(text, kind, language));
        const again = wrapText({ text: wrapped.text, kind, language, backup: text }, decide);
        expect(again.text).toBe(wrapped.text);
        expect(again.without).toBe(text);
        expect(unwrapText({ text: wrapped.text, kind, language, backup: text }).text).toBe(text);
      }),
      { atLeast: 40, atMost: 2_000, withinMs: 1_500 },
    );
    expect(wrappedCount).toBeGreaterThan(20);
  });

  it('keeps what its user changes elsewhere between the wrap and the unwrap', () => {
    checkProperty(
      fc.property(randomFile, fc.nat({ max: 5 }), ({ text }, count) => {
        const before = `${language === 'json' ? '//' : '#'} added ${count}\n`;
        const wrapped = wrapText({ text, kind, language }, decide);
        const changed = unwrapText({ text: before + wrapped.text, kind, language, backup: text });
        expect(changed.text).toBe(before + text);
      }),
      { atLeast: 20, withinMs: 500 },
    );
  });

  it('gives commands back without the text of before, in words if not in spaces', () => {
    checkProperty(
      fc.property(randomFile, ({ text }) => {
        const wrapped = wrapText({ text, kind, language }, decide);
        const { text: back } = unwrapText({ text: wrapped.text, kind, language });
        const words = (each: string): unknown =>
          entriesOf(readTree(each, language), kind).flatMap((entry) => {
            const launch = launchOf(entry, kind);
            return launch.how === 'command' && !launch.words.includes('C:\\t "q"\\toolfuse')
              ? [[entry.name, launch.words]]
              : [];
          });
        expect(words(back)).toEqual(words(text));
      }),
      { atLeast: 20, withinMs: 500 },
    );
  });
});
