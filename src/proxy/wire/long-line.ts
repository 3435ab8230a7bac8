import { MemberReader, skipValue } from './json-members.ts';
import { Line } from './line.ts';
import type { LongLine } from './line-reader.ts';
import { canonical } from './message.ts';

/** What the ends of a line tell that was too long to be kept. */
export interface LongMessage {
  /** As JSON text, in its canonical form; undefined where they do not tell. */
  readonly id: string | undefined;
  /** Whether it asks for something; where not, it answers. */
  readonly asks: boolean;
}

/** The last members of a message: no brace stands between them and its end, so they are in no other object. */
const lastMembers = /(?:,\s*"(?:id|method|jsonrpc)"\s*:\s*(?:"(?:[^"\\]|\\.)*"|-?\d+)\s*)+\}\s*$/;

/** Reads off the ends of a message whose middle is not there. */
export function readLongLine({ head, tail }: LongLine): LongMessage {
  const line = new Line([head]);
  const members = new MemberReader(line);
  let id: string | undefined;
  let asks = false;
  while (members.nextKey()) {
    const { start } = members;
    // What is cut off is the member that makes it long.
    asks ||= members.isNamed('method') || members.isNamed('params');
    if (!members.skipTo(skipValue(line, start))) break;
    if (members.isNamed('id')) id = canonical(line.text('utf8', start, members.end));
  }
  const [last] = lastMembers.exec(tail.toString('utf8')) ?? [];
  if (last === undefined) return { id, asks };
  const told = new Line([Buffer.from(`{${last.slice(1)}`)]);
  const lastReader = new MemberReader(told);
  while (lastReader.next()) {
    asks ||= lastReader.isNamed('method');
    if (lastReader.isNamed('id')) id = canonical(told.text('utf8', lastReader.start, lastReader.end));
  }
  return { id, asks };
}
