import type { Registry } from 'prom-client';

/** What a scrape reads, by series: `toolfuse_circuits{registry="default",state="open"}`. */
export async function scraped(register: Registry): Promise<ReadonlyMap<string, number>> {
  const lines = (await register.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** The series of one metric, by their labels without `registry`: `tool="search",state="open"`. */
export async function seriesOf(register: Registry, metric: string): Promise<Record<string, number>> {
  const found = [...(await scraped(register))].filter(([series]) => series.replace(/\{.*/, '') === metric);
  return Object.fromEntries(
    found.map(([series, value]) => [
      (/\{(.*)\}$/.exec(series)?.[1] ?? '').replace(/registry="[^"]*",?/, '').replace(/,$/, ''),
      value,
    ]),
  );
}
