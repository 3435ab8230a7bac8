import { join } from 'node:path';
import { inject } from 'vitest';
import type { Program } from './programs.ts';

/** The file of a program that was bundled before all tests. */
export const programFile = (name: Program): string => join(inject('programs'), `${name}.mjs`);
