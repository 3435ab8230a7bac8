import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { programFile } from '../../../support/program.ts';
import { FaultServer } from './fault-server.ts';

/** The eras that a server can speak. */
export type Eras = 'legacy' | 'dual' | 'modern';

/** The server on version 2 of the SDK, as a program whose runs are recorded. */
export class EraServer extends FaultServer {
  constructor(eras: Eras) {
    super([programFile('era-server'), eras]);
  }

  /** How many calls of its tool `hang` were cancelled. */
  get cancelled(): number {
    const file = join(this.folder, 'cancelled');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
  }
}
