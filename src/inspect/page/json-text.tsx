/** A value as indented JSON; lines that are not in `other` are marked. */
export function JsonText({ value, other, label }: { value: unknown; other?: unknown; label: string }) {
  const lines = linesOf(value);
  const known = other === undefined ? undefined : new Set(linesOf(other));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be reachable by keyboard.
    <pre class="json" tabIndex={0} role="region" aria-label={label}>
      {lines.map((line, index) => {
        const isNew = known !== undefined && !known.has(line);
        return (
          <span key={index} class={isNew ? 'line new' : 'line'}>
            {line}
            {'\n'}
          </span>
        );
      })}
    </pre>
  );
}

const linesOf = (value: unknown): string[] => (JSON.stringify(value, null, 2) ?? 'nothing').split('\n');
