import { programFile } from '../../../support/program.ts';
import { FaultServer } from './fault-server.ts';

/** The eras that a server can speak. */
export type Eras = 'legacy' | 'dual' | 'modern';

/** The server on version 2 of the SDK, as a program whose runs are recorded. */
export class EraServer extends FaultServer {
  constructor(eras: Eras) {
    super([programFile('era-server'), eras]);
  }
}
