import { MemberReader } from './json-members.ts';
import { Line } from './line.ts';
import { Message } from './message.ts';

/** A part of a line. */
interface Span {
  readonly start: number;
  readonly end: number;
}

const openBrace = 0x7b;

/**
 * A request with these members in `params._meta`, in place of members of the same names. Everything else stays byte for byte:
 * a number that has more digits than JavaScript keeps must reach the server as it is.
 */
export function withMeta(message: Message, members: Readonly<Record<string, string>>): Message {
  const { line } = message;
  const own = Object.entries(members).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  if (own.length === 0) return message;
  const top = find(line, 0, 'params');
  if (top.found === undefined) {
    return replaced(
      message,
      { start: top.end - 1, end: top.end - 1 },
      `,"params":{"_meta":{${own.join(',')}}}`,
    );
  }
  if (line.at(top.found.start) !== openBrace) return message;
  const params = find(line, top.found.start, '_meta');
  if (params.found === undefined) {
    const at = top.found.start + 1;
    const comma = params.members > 0 ? ',' : '';
    return replaced(message, { start: at, end: at }, `"_meta":{${own.join(',')}}${comma}`);
  }
  const kept: string[] = [];
  if (line.at(params.found.start) === openBrace) {
    const reader = new MemberReader(line, params.found.start);
    while (reader.next()) {
      if (!Object.keys(members).some((name) => reader.isNamed(name))) {
        kept.push(line.text('utf8', reader.keyStart, reader.end));
      }
    }
  }
  return replaced(message, params.found, `{${[...kept, ...own].join(',')}}`);
}

/** The value of the last member of this name, how many members there are, and where the object ends. */
function find(
  line: Line,
  from: number,
  name: string,
): { found: Span | undefined; members: number; end: number } {
  const reader = new MemberReader(line, from);
  let found: Span | undefined;
  let members = 0;
  while (reader.next()) {
    members += 1;
    if (reader.isNamed(name)) found = { start: reader.start, end: reader.end };
  }
  return { found, members, end: reader.objectEnd };
}

function replaced(message: Message, { start, end }: Span, text: string): Message {
  const { bytes } = message.line;
  const line = new Line([Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(end)])]);
  return Message.read(line) ?? message;
}
