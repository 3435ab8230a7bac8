import { isObject, read, readPath, textOf } from './read.ts';

/**
 * Where clients put the answer that they turned into an error: most of them on the error itself (the first place);
 * axios and superagent; the AWS clients, where it is not enumerable; cohere and other generated clients; Hugging Face;
 * AWS again; Elasticsearch; boom.
 */
const placesOfResponse = [
  'response',
  '$response',
  'rawResponse',
  'httpResponse',
  '$metadata',
  'meta',
  'output',
] as const;

/** What an HTTP status is called there. `status_code` is ollama's. */
const namesOfStatus = ['status', 'statusCode', 'status_code', 'httpStatusCode'] as const;

/** What the headers are called there: `responseHeaders` by the AI SDK, `header` by superagent, `metadata` by gRPC. */
const namesOfHeaders = ['headers', 'responseHeaders', 'header', 'metadata'] as const;

/** Where the body of an answer stands: parsed, as text, or spread over the error. */
const placesOfBody: readonly (readonly string[])[] = [
  [],
  ['error'],
  ['error', 'error'],
  ['data'],
  ['data', 'error'],
  ['body'],
  ['body', 'error'],
  ['response', 'data'],
  ['response', 'data', 'error'],
  ['response', 'body'],
  ['response', 'body', 'error'],
  ['httpResponse', 'body'],
  ['$response', 'body'],
  ['responseBody'],
];

/** How many characters a header may have. */
const maxHeader = 64;

/** How many headers are looked through for one that is spelled in capitals. */
const maxHeaders = 100;

/** The error, and each answer that it carries. */
function* responsesOf(error: unknown): Generator<unknown> {
  yield error;
  for (const place of placesOfResponse) yield read(error, place);
}

/** What stands in every place where the HTTP status of the answer behind an error may be, the likeliest first. */
export function* statusesOf(error: unknown): Generator<unknown> {
  for (const response of responsesOf(error)) {
    for (const name of namesOfStatus) yield read(response, name);
  }
}

/** A header of the answer behind an error, by its name in small letters. An empty header says nothing. */
export function headerOf(error: unknown, name: string): string | undefined {
  for (const response of responsesOf(error)) {
    for (const place of namesOfHeaders) {
      const headers = read(response, place);
      const text = isObject(headers) ? headerText(headers, name) : undefined;
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

function headerText(headers: object, name: string): string | undefined {
  try {
    const get: unknown = Reflect.get(headers, 'get');
    let value: unknown = typeof get === 'function' ? get.call(headers, name) : Reflect.get(headers, name);
    if (value === undefined) value = spelledOtherwise(headers, name);
    // gRPC's metadata and Node's raw records have a list for each name.
    if (Array.isArray(value)) value = value[0];
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string' || text.length > maxHeader) return undefined;
    return text.trim() || undefined;
  } catch {
    return undefined;
  }
}

function spelledOtherwise(headers: object, name: string): unknown {
  let looked = 0;
  for (const key in headers) {
    looked += 1;
    if (looked > maxHeaders) return undefined;
    if (key.length === name.length && key.toLowerCase() === name) return Reflect.get(headers, key);
  }
  return undefined;
}

/** Every place where the body of the answer behind an error may stand: objects, or texts that may hold JSON. */
export function* bodiesOf(error: unknown): Generator<unknown> {
  for (const place of placesOfBody) {
    const body = readPath(error, place);
    if (isObject(body)) yield body;
    else if (typeof body === 'string' && place.length > 0) yield textOf(body);
  }
  const message = textOf(error);
  if (message !== '') yield message;
}
