import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const places = ['/usr/bin/prometheus', '/usr/local/bin/prometheus', '/opt/homebrew/bin/prometheus'];

/** The programs of this machine's Prometheus; undefined if it has none. `PROMETHEUS` overrides where it is. */
export function findPrometheus(): { readonly prometheus: string; readonly promtool: string } | undefined {
  const prometheus = [process.env.PROMETHEUS, ...places].find(
    (place) => place !== undefined && existsSync(place),
  );
  return prometheus === undefined
    ? undefined
    : { prometheus, promtool: join(dirname(prometheus), 'promtool') };
}
