import { readdirSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload, type SourceMapping } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../dist', import.meta.url));

/** The files of the library, which users step into: its entry points, and what they share. */
const files = readdirSync(dist).filter((name) => name.endsWith('.js'));

const read = (file: string): string => readFileSync(join(dist, file), 'utf8');

const payloadOf = (file: string): SourceMapPayload => JSON.parse(read(`${file}.map`));

describe('the source map of each file of the library', () => {
  it.each(files)('is named by it, and has its sources in it: %s', (file) => {
    expect(read(file).trimEnd().split('\n').at(-1)).toBe(`//# sourceMappingURL=${file}.map`);
    const { sources, sourcesContent } = payloadOf(file);
    expect(sourcesContent.filter((text) => typeof text === 'string' && text !== '')).toHaveLength(
      sources.length,
    );
    // Of nobody else: bundled code would need its licence.
    expect(sources.filter((source) => !/^\.\.\/(?:src\/|machines\/|package\.json$)/.test(source))).toEqual(
      [],
    );
  });

  it('points from what is written in a file to where it is written in the sources', () => {
    let compared = 0;
    for (const file of files) {
      const payload = payloadOf(file);
      const map = new SourceMap(payload);
      for (const [line, text] of read(file).split('\n').entries()) {
        if (/^\s*(?:\/[/*]|\*)/.test(text)) continue;
        // Words in a string are the same in both, whatever became of the code around them.
        const words = /["'`]([\w .,:;]{20,})["'`]/.exec(text);
        if (words === null) continue;
        const found = map.findEntry(line, words.index) as Partial<SourceMapping>;
        if (found.originalSource === undefined || found.originalLine === undefined) continue;
        const source = payload.sourcesContent[payload.sources.indexOf(found.originalSource)] ?? '';
        expect(source.split('\n')[found.originalLine], `${file}:${line + 1}`).toContain(words[1]);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });
});
