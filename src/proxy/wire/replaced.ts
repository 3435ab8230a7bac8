import { Line } from './line.ts';
import { Message } from './message.ts';

/** A value in a message, and the JSON text that is to stand in its place. */
export interface Replacement {
  readonly path: readonly string[];
  readonly text: string;
}

/** A message with other values at some places, where it has any. All other bytes stay as they came. */
export function replaced(message: Message, replacements: readonly Replacement[]): Message {
  const places = replacements.flatMap(({ path, text }) => {
    const place = message.placeOf(...path);
    return place === undefined ? [] : [{ ...place, text }];
  });
  if (places.length === 0) return message;
  const { bytes } = message.line;
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { start, end, text } of places.sort((a, b) => a.start - b.start)) {
    pieces.push(bytes.subarray(from, start), Buffer.from(text));
    from = end;
  }
  const made = Message.read(new Line([bytes.subarray(0, 0), ...pieces, bytes.subarray(from)]));
  if (made === undefined) throw new TypeError('a replacement is no JSON value');
  return made;
}
