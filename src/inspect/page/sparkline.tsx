const bars: Readonly<Record<string, readonly [height: number, className: string]>> = {
  s: [7, 'good'],
  f: [18, 'bad'],
  i: [11, 'ignored'],
  c: [9, 'cancelled'],
  d: [3, 'denied'],
};
const step = 4;
const maxOutcomes = 32;

const tally = (outcomes: string, letter: string): number => outcomes.split(letter).length - 1;

/** The last outcomes of a tool, latest on the right. Failures are tall bars, successes short ones, denials dots. */
export function Sparkline({ outcomes }: { outcomes: string }) {
  const words = `last ${outcomes.length}: ${tally(outcomes, 's')} succeeded, ${
    tally(outcomes, 'f') + tally(outcomes, 'i')
  } failed, ${tally(outcomes, 'd')} denied${
    tally(outcomes, 'c') > 0 ? `, ${tally(outcomes, 'c')} cancelled` : ''
  }`;
  return (
    <svg class="sparkline" viewBox={`0 0 ${maxOutcomes * step} 20`} role="img" aria-label={words}>
      <title>{words}</title>
      <rect class="rail" y="19" width={maxOutcomes * step - 1} height="1" />
      {[...outcomes].map((letter, index) => {
        const [height, className] = bars[letter] ?? [0, ''];
        const x = (maxOutcomes - outcomes.length + index) * step;
        return (
          <rect key={x} class={className} x={x} y={20 - height} width={step - 1} height={height} rx="1" />
        );
      })}
    </svg>
  );
}
