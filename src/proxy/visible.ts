/**
 * What a terminal obeys instead of showing it: control characters, such as ESC and those of C1, and marks that turn the direction of
 * writing or break lines. Half a surrogate pair is no character. Joiners, which some languages need, are harmless.
 */
const invisible = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  const units = code > 0xffff ? [character.charCodeAt(0), character.charCodeAt(1)] : [code];
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
};

/**
 * A text of a stranger, as a terminal can show it: what it would obey is written as `\u001b`. The text of a JSON document stays
 * the same document.
 */
export const visible = (text: string): string => text.replace(invisible, escaped);
