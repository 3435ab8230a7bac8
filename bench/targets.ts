/** Prints whether a target was met. The exit code is 1 if one was not. */
export function judge(what: string, value: number, most: number, unit: string): void {
  const isMet = value <= most;
  if (!isMet) process.exitCode = 1;
  console.log(
    `  ${isMet ? 'met   ' : 'MISSED'}  ${what}: ${Number(value.toFixed(2)).toLocaleString('en')} ${unit}, target at most ${most.toLocaleString('en')} ${unit}`,
  );
}
