/** What always differs between two runs of a server, and what it is replaced by. */
const differing: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>'],
  [/\w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4}(?: \([^)]+\))?/g, '<time>'],
  [/\b\d{1,2}:\d\d:\d\d [AP]M\b/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>'],
  // The ids of tasks, and of temporary files.
  [/\b[0-9a-f]{32}\b/g, '<random>'],
];

/** `server-everything` sends random log messages, at random levels. */
const simulatedLog = /^(?:Debug|Info|Notice|Warning|Error|Critical|Alert|Emergency)[- ]level[- ]message/;

const plain = (text: string): string =>
  differing.reduce((result, [pattern, name]) => result.replace(pattern, name), text);

function walk(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    if (key !== 'blob') return plain(value);
    const text = Buffer.from(value, 'base64').toString('utf8');
    return text.startsWith('Resource ') ? plain(text) : value;
  }
  if (Array.isArray(value)) return value.map((item) => walk(item));
  if (typeof value !== 'object' || value === null) return value;
  const { data } = value as { data?: unknown };
  const isSimulatedLog = typeof data === 'string' && simulatedLog.test(data);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSimulatedLog && (name === 'level' || name === 'data') ? '<any>' : walk(item, name),
    ]),
  );
}

/** A line of a server without what differs between any two runs, but with its ids, `_meta` and the order of its members. */
export const comparable = (line: string): string => JSON.stringify(walk(JSON.parse(line)));
