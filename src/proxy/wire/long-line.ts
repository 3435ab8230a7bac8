import { MemberReader, skipValue } from './json-members.ts';
import { Line } from './line.ts';
import type { LongLine } from './line-reader.ts';
import { canonical } from './message-id.ts';

/** What can be read from the two ends of a line that was too long to keep. */
export interface LongMessage {
  /** As canonical JSON text; undefined where the ends do not show it. */
  readonly id: string | undefined;
  /** Whether it is a request or a notification. Otherwise it is an answer. */
  readonly asks: boolean;
}

/** The last members of a message. No other brace precedes the final one, so they belong to the message itself. */
const lastMembers = /(?:,\s*"(?:id|method|jsonrpc)"\s*:\s*(?:"(?:[^"\\]|\\.)*"|-?\d+)\s*)+\}\s*$/;

/** Reads a message whose middle is missing. */
export function readLongLine({ head, tail }: LongLine): LongMessage {
  const line = new Line([head]);
  const members = new MemberReader(line);
  let id: string | undefined;
  let asks = false;
  while (members.nextKey()) {
    const { start } = members;
    // The member that is cut off is the one that makes the message long.
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
