import { textOf } from '../classify/read.ts';

/** What an error says, for a model to read: as `String` has it, or else its message. It never throws: tools throw anything. */
export function errorWords(error: unknown): string {
  try {
    const words = String(error);
    if (!words.startsWith('[object ')) return words;
  } catch {
    // It has no words of its own.
  }
  return textOf(error) || 'unknown error';
}
