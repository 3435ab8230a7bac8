const maxPips = 10;

/** The failures towards the threshold, as dots, or as a bar if there would be too many dots. */
export function Failures({ failures, threshold }: { failures: number; threshold: number }) {
  const words = `${failures} of ${threshold} failures`;
  const shown = Math.min(failures, threshold);
  return (
    <span class="failures" role="img" aria-label={words} title={words}>
      <span class="number">
        {failures}
        <span class="of">/{threshold}</span>
      </span>
      {threshold <= maxPips ? (
        <svg viewBox={`0 0 ${maxPips * 7} 6`} class="pips" aria-hidden="true">
          {Array.from({ length: threshold }, (_, index) => (
            <circle key={index} class={index < shown ? 'on' : 'off'} cx={index * 7 + 3} cy="3" r="2.5" />
          ))}
        </svg>
      ) : (
        <svg viewBox="0 0 70 6" class="pips" aria-hidden="true">
          <rect class="off" y="1" width="70" height="4" rx="2" />
          <rect class="on" y="1" width={(70 * shown) / threshold} height="4" rx="2" />
        </svg>
      )}
    </span>
  );
}
