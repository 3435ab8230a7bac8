/** The style of a piece of text. */
export interface TextStyle {
  /** The font size, in px. */
  readonly size: number;
  readonly isBold: boolean;
}

/** Measures the width of a text, in px. */
export type Measure = (text: string, style: TextStyle) => number;

/** The styles of a chart's texts. */
export const textStyles = {
  title: { size: 14, isBold: true },
  row: { size: 11, isBold: false },
  label: { size: 11, isBold: false },
} as const satisfies Record<string, TextStyle>;

/** The height of a line of a style, in px. */
export const lineHeight = ({ size }: TextStyle): number => Math.round(size * 1.4);

// Widths in thousandths of the font size: at least those of the widest sans-serif font that a chart requests.
const widths: readonly (readonly [characters: string, width: number])[] = [
  ["ijl'|", 240],
  ['.,:;!/\\ ftI[]()', 310],
  ['r-`"{}*', 390],
  ['cksvxyzJ?', 530],
  ['mw%', 850],
  ['MW@', 940],
  ['+<>=~^_abdeghnopqu0123456789L$#', 590],
];
const byCharacter = new Map(
  widths.flatMap(([characters, width]) => [...characters].map((each) => [each, width] as const)),
);

const characterWidth = (character: string): number =>
  // Unknown letters count as capitals, and other scripts as square.
  byCharacter.get(character) ?? ((character.codePointAt(0) ?? 0) < 0x2e80 ? 730 : 1_050);

/** Estimates the width of a text from its characters, erring on the wide side. */
export const measureText: Measure = (text, { size, isBold }) => {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return Math.ceil((width * size * (isBold ? 1.08 : 1)) / 1_000);
};
