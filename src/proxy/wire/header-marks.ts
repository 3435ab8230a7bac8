import type { Json } from './message.ts';

/** The key by which the schema of an argument asks for a header that repeats it. */
export const markKey = 'x-mcp-header';

/** An argument of a tool that a header repeats. */
export interface HeaderMark {
  /** Where it stands in the arguments. */
  readonly path: readonly string[];
  /** The header is `Mcp-Param-` and this. */
  readonly name: string;
  /** Whether it is a number, which can be written in more than one way. */
  readonly isNumber: boolean;
}

/** The keys whose schemas hold for no argument by its own name. A mark under one of them is invalid. */
const elsewhere = new Set([
  'items',
  'prefixItems',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'propertyNames',
  'patternProperties',
  'dependentSchemas',
  'oneOf',
  'anyOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  '$defs',
  'definitions',
]);

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const types = new Set(['string', 'integer', 'boolean']);
/** No header may repeat it, but servers of the SDK hold it against one that does. */
const fraction = 'number';

/** How deep a schema is read. No person writes a deeper one, and a deeper one could exhaust the stack. */
const maxDepth = 64;

type Fields = { readonly [key: string]: Json | undefined };
const isObject = (value: Json | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The marks of a tool, and whether they are valid. */
export interface ToolMarks {
  /** None where one is invalid, except for one of a number with fractions: servers of the SDK check its header, and all others. */
  readonly marks: readonly HeaderMark[];
  /** Whether clients may call the tool over HTTP. */
  readonly isValid: boolean;
}

/** The marks in the input schema of a tool. */
export function marksOf(schema: Json | undefined): ToolMarks {
  const marks: HeaderMark[] = [];
  let hasFraction = false;
  const names = new Set<string>();
  const visit = (
    each: Json | undefined,
    path: readonly string[],
    isReached: boolean,
    depth: number,
  ): boolean => {
    if (depth > maxDepth || typeof each !== 'object' || each === null) return true;
    if (Array.isArray(each)) return each.every((item) => visit(item, path, isReached, depth + 1));
    const fields = each as Fields;
    if (Object.hasOwn(fields, markKey)) {
      const { [markKey]: name, type } = fields;
      const isValid =
        isReached &&
        path.length > 0 &&
        typeof name === 'string' &&
        token.test(name) &&
        typeof type === 'string' &&
        (types.has(type) || type === fraction) &&
        !names.has(name.toLowerCase());
      if (!isValid) return false;
      names.add(name.toLowerCase());
      hasFraction ||= type === fraction;
      marks.push({ path, name, isNumber: type === 'integer' || type === fraction });
    }
    for (const [key, inner] of Object.entries(fields)) {
      if (key === 'properties' && isObject(inner)) {
        for (const [property, schemaOfProperty] of Object.entries(inner))
          if (!visit(schemaOfProperty, [...path, property], isReached, depth + 1)) return false;
      } else if (elsewhere.has(key) && !visitElsewhere(key, inner, path, depth)) return false;
    }
    return true;
  };
  /** Some of these keys hold schemas by name, and a name is no mark. */
  const visitElsewhere = (
    key: string,
    inner: Json | undefined,
    path: readonly string[],
    depth: number,
  ): boolean => {
    const byName = /^(?:patternProperties|dependentSchemas|\$defs|definitions)$/.test(key) && isObject(inner);
    const schemas = byName ? Object.values(inner) : [inner];
    return schemas.every((each) => visit(each, path, false, depth + 1));
  };
  return visit(schema, [], true, 0) ? { marks, isValid: !hasFraction } : { marks: [], isValid: false };
}

/** The argument at a mark as the text of its header; undefined where there is none, or it has no such text. */
export function markedText({ path }: HeaderMark, args: Json | undefined): string | undefined {
  let value = args;
  for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number' || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    return undefined;
  return String(value);
}
