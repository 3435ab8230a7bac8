import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

// The build puts the files of the page here in place of this module, so that they are found wherever a bundler moves the library.

/** The built page; where the library runs from its sources, it stands beside them. */
const folder = new URL('../../../dist/inspect/page/', import.meta.url);

/** A file of the page, compressed by gzip, in base64. @throws Error if the page is not built. */
export const pageFile = (name: string): string =>
  gzipSync(readFileSync(new URL(name, folder))).toString('base64');
