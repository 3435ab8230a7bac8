/** Servers, and the texts of JSON, TOML and YAML in which they can stand, in random layouts. */
import fc from 'fast-check';

const word = fc.oneof(
  fc.constantFrom(
    'npx',
    '-y',
    'a b',
    '--key=x',
    '$HOME',
    `\${env:X}`,
    'C:\\tools\\x.exe',
    '8080',
    '#no comment',
    '',
    '-',
    ': x',
  ),
  fc.string({
    maxLength: 8,
    unit: fc.constantFrom('a', '"', "'", '\\', '#', ',', ']', '{', ':', ' ', 'é', '💥', '-'),
  }),
);
export const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/);

/** A server, and what of it is written down in which order. */
export const server = fc.oneof(
  fc.record({
    how: fc.constant('command' as const),
    command: fc.stringMatching(/^[a-z][a-z0-9./-]{0,8}$/),
    args: fc.option(fc.array(word, { maxLength: 4 }), { nil: undefined }),
    env: fc.option(fc.dictionary(fc.stringMatching(/^[A-Z]{1,5}$/), word, { maxKeys: 2 }), {
      nil: undefined,
    }),
    argsFirst: fc.boolean(),
  }),
  fc.record({
    how: fc.constant('url' as const),
    url: fc.constantFrom('https://a.example/mcp', 'http://localhost:1/x?k=v', `\${URL}`),
    headers: fc.option(
      fc.dictionary(fc.constantFrom('Authorization', 'X-Key', 'X_Key', 'Accept'), word, { maxKeys: 3 }),
      { nil: undefined },
    ),
    type: fc.option(fc.constantFrom('http', 'streamable-http'), { nil: undefined }),
  }),
);

export type Server = typeof server extends fc.Arbitrary<infer Value> ? Value : never;

/** The members of a server, as pairs. */
export function membersOf(each: Server): [string, unknown][] {
  if (each.how === 'url') {
    return Object.entries({ type: each.type, url: each.url, headers: each.headers }).filter(
      ([, value]) => value !== undefined,
    );
  }
  const own: [string, unknown][] = [
    ['command', each.command],
    ['args', each.args],
    ['env', each.env],
  ];
  const given = own.filter(([, value]) => value !== undefined);
  return each.argsFirst ? given.reverse() : given;
}

/** The spaces, line ends and comments of a layout, one after the other. */
export type Next = () => number;
export const choices = fc.array(fc.nat({ max: 1_000 }), { minLength: 30, maxLength: 30 });
export const taking = (numbers: readonly number[]): Next => {
  let at = 0;
  return () => numbers[at++ % numbers.length] ?? 0;
};
const one = <Value>(next: Next, values: readonly Value[]): Value => values[next() % values.length] as Value;

/** JSON with comments, in a random layout. */
export function jsonc(value: unknown, next: Next, eol: string): string {
  const space = (): string =>
    one(next, ['', '', ' ', `${eol}  `, `${eol}\t\t`, ' /* c, ] */ ', ` // d "x": {${eol}`]);
  const text = (string: string): string =>
    one(next, [false, true]) ? JSON.stringify(string) : JSON.stringify(string).replace('a', '\\u0061');
  const write = (each: unknown): string => {
    if (Array.isArray(each))
      return list(
        '[',
        each.map((item) => write(item)),
        ']',
      );
    if (typeof each === 'object' && each !== null) {
      const members = Object.entries(each).map(
        ([key, of]) => `${JSON.stringify(key)}${space()}:${space()}${write(of)}`,
      );
      return list('{', members, '}');
    }
    return typeof each === 'string' ? text(each) : JSON.stringify(each);
  };
  const list = (open: string, items: readonly string[], close: string): string => {
    const comma = items.length > 0 && one(next, [false, false, true]) ? ',' : '';
    return open + items.map((item) => space() + item + space()).join(',') + comma + space() + close;
  };
  return space() + write(value) + space();
}

/** A text of TOML, in one of its forms. */
function tomlText(text: string, next: Next): string {
  if (!text.includes("'") && one(next, [true, false])) return `'${text}'`;
  return JSON.stringify(text).replaceAll('\u007f', '\\u007F');
}

function tomlInline(value: unknown, next: Next): string {
  const space = (): string => one(next, ['', ' ', '  ']);
  if (Array.isArray(value)) {
    const items = value.map((each) => space() + tomlInline(each, next) + space());
    return `[${items.join(',')}${items.length > 0 && one(next, [true, false]) ? ',' : ''}${space()}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([key, each]) => `${JSON.stringify(key)}${space()}=${space()}${tomlInline(each, next)}`,
    );
    return `{ ${members.join(', ')} }`;
  }
  return tomlText(String(value), next);
}

/** Servers as TOML: tables with headers, tables in braces and dotted keys. */
export function toml(servers: Readonly<Record<string, Server>>, next: Next, eol: string): string {
  const comment = (): string => one(next, ['', '', '  # c = [1]']);
  const lines: string[] = ['# Codex', 'model = "x"', ''];
  const later: string[] = ['[mcp_servers]'];
  for (const [key, each] of Object.entries(servers)) {
    const members = membersOf(each).map(([member, value]): [string, unknown] => [
      member === 'headers' ? 'http_headers' : member,
      value,
    ]);
    const form = one(next, ['header', 'header', 'inline', 'dotted']);
    if (form === 'inline')
      later.push(`${key} = ${tomlInline(Object.fromEntries(members), next)}${comment()}`);
    else if (form === 'dotted') {
      for (const [member, value] of members)
        later.push(`${key}.${member} = ${tomlInline(value, next)}${comment()}`);
    } else {
      const own: string[] = [];
      lines.push(`[mcp_servers.${key}]${comment()}`);
      for (const [member, value] of members) {
        const isTable = typeof value === 'object' && !Array.isArray(value) && one(next, [true, false]);
        if (isTable) {
          own.push(`[mcp_servers.${key}.${member}]`);
          for (const [inner, of] of Object.entries(value as object))
            own.push(`${JSON.stringify(inner)} = ${tomlInline(of, next)}${comment()}`);
        } else lines.push(`${one(next, ['', '  '])}${member} = ${tomlInline(value, next)}${comment()}`);
      }
      lines.push(...own, ...one(next, [[], [''], ['# between', '']]));
    }
  }
  return [...lines, ...later, ''].join(eol);
}

/** Servers as YAML: blocks, flows, and texts in each of their forms. */
export function yaml(servers: Readonly<Record<string, Server>>, next: Next, eol: string): string {
  const text = (string: string): string => {
    const isBare = /^[a-z][\w./-]*$/.test(string) && !/^(?:true|false|null|yes|no|on|off|y|n)$/.test(string);
    const forms = [
      JSON.stringify(string),
      ...(isBare ? [string, string] : []),
      ...(/^[^\\\n]*$/.test(string) ? [`'${string.replaceAll("'", "''")}'`] : []),
    ];
    return one(next, forms);
  };
  const flow = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map((each) => flow(each)).join(one(next, [', ', ',  ']))}]`;
    if (typeof value === 'object' && value !== null)
      return `{ ${Object.entries(value)
        .map(([key, each]) => `${JSON.stringify(key)}: ${flow(each)}`)
        .join(', ')} }`;
    return text(String(value));
  };
  const comment = (): string => one(next, ['', '', '  # c: [1]']);
  const lines: string[] = ['name: Local', 'mcpServers:'];
  const indent = one(next, ['', '  ', '    ']);
  for (const [key, each] of Object.entries(servers)) {
    const members = membersOf(each);
    if (one(next, [false, false, true])) {
      lines.push(`${indent}- ${flow(Object.fromEntries([['name', key], ...members]))}${comment()}`);
      continue;
    }
    const dash = one(next, ['- ', '-   ']);
    const inner = indent + ' '.repeat(dash.length);
    lines.push(`${indent}${dash}name: ${text(key)}${comment()}`);
    for (const [member, value] of members) {
      const isEmpty = typeof value === 'object' && Object.keys(value as object).length === 0;
      if (typeof value !== 'object' || isEmpty || one(next, [true, false]))
        lines.push(`${inner}${member}: ${flow(value)}${comment()}`);
      else if (Array.isArray(value)) {
        lines.push(`${inner}${member}:${comment()}`);
        const deep = inner + one(next, ['', '  ']);
        for (const item of value) lines.push(`${deep}- ${text(String(item))}${comment()}`);
      } else {
        lines.push(`${inner}${member}:`);
        for (const [name_, of] of Object.entries(value as object))
          lines.push(`${inner}  ${name_}: ${text(String(of))}${comment()}`);
      }
    }
    lines.push(...one(next, [[], [''], [`${indent}# between - them`]]));
  }
  return [...lines, 'last: 1', ''].join(eol);
}
