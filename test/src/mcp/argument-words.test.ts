import { resultFailure } from 'toolfuse/mcp';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { isOfArguments } from '../../../src/mcp/argument-words.ts';

const categoryOf = (text: string) =>
  resultFailure({ isError: true, content: [{ type: 'text', text }] })?.category;

describe('what a validator says of arguments', () => {
  it.each([
    // zod-validation-error
    'Validation error: Required at "query"',
    'Validation error: Invalid input: expected string, received undefined at "query"',
    'Validation failed: limit',
    // Ajv
    "data must have required property 'path'",
    "must have required property 'path'",
    'data/count must be integer',
    '/items/0/name must match pattern "^[a-z]+$"',
    // jsonschema
    "'query' is a required property",
    "5 is not of type 'string'",
    "'blue' is not one of ['red', 'green']",
    // Joi, yup
    '"query" is required',
    '"limit" must be less than or equal to 100',
    '"colour" is not allowed',
    'query is a required field',
    // class-validator, ArkType, and what is written by hand
    'name must be a string',
    'name must be a string (was missing)',
    'name should not be empty',
    'limit must not be greater than 100',
    'property colour should not exist',
    'each value in tags must be a string',
    // go-playground/validator, mcp-go, GitHub's server
    "Key: 'Search.Query' Error:Field validation for 'Query' failed on the 'required' tag",
    'failed to search: argument "query" is not a string',
    'parameter limit is not of type float64',
    // mongoose, Bean Validation
    'Cast to ObjectId failed for value "x" (type string) at path "_id" for model "User"',
    'search.query: must not be blank',
    'limit must be between 1 and 100',
    'Limit must be less than or equal to 100',
    'Error: limit must be a positive integer',
    'The limit parameter must be at least 1',
    // valibot, superstruct
    'limit: Number must be less than or equal to 100',
    'body failed validation: body.parent should be an object, instead was `undefined`.',
    'Expected positive integer for width but received -1 of type number',
    'Unrecognized key: "colour"',
    'Unrecognized keys: "colour", "size"',
    "Unrecognized key(s) in object: 'colour'",
    'Invalid type: Expected string but received undefined',
    'At path: name -- Expected a string, but received: undefined',
    // Playwright
    'Failed to initialize: browserType.launch: headless: expected boolean, got string',
    // pydantic
    '1 validation error for SearchInput\nquery\n  Field required [type=missing]',
    '2 validation errors for call[search]\nquery\n  Missing required argument',
    // Node.js
    'The "path" argument must be of type string. Received undefined',
    // The SDKs for Go, C# and Rust
    'validating "arguments": validating root: required: missing properties: ["name"]',
    "The arguments dictionary is missing a value for the required parameter 'message'. (Parameter 'arguments')",
    'failed to deserialize parameters: missing field `path`',
    // As a server puts words of its own before it
    'failed to list pods: namespace parameter must be a string',
    'failed to get pod: name parameter required',
    'failed to delete resource, apiVersion is not a string',
    'Error processing request: path is required',
    "❌ Error: 'action' parameter is required.",
    'ERROR: csvFilePath is required.',
    "Tool 'monitor' execution failed: monitor requires either `body` or `queries`.",
    "Cannot parse argument 'zzz' for option '--auth-method' as expected type 'AuthMethod'.",
    // By hand
    "Only 'get_prompt' action is supported.",
    'Only URLs of GitHub are supported',
    'requires exactly one of: "id", "name"',
    'Invalid fileKey: Required',
    'Invalid resourceId: -4. Must be a finite positive integer.',
    'file_path is required',
    'fileKey is required',
    'Error: path is required',
    'Query parameter is required',
    'Parameter "query" is required',
    'Argument "path" is required',
    'required argument "name" not found',
    'Missing required field: query',
    'Missing required properties: a, b',
    'Invalid value for parameter limit: 500',
    'Invalid value for "limit"',
    'No arguments provided',
    'No query provided',
    'No url was given',
    'Please provide a valid query.',
    'You must provide either an id or a name',
    'Provide at least one of: id, name',
    'Either url or path must be provided',
  ])('does not count: %s', (text) => {
    expect(isOfArguments(text)).toBe(true);
    expect(categoryOf(text)).toBe('invalidParameters');
    expect(categoryOf(`Error executing tool search: ${text}`)).toBe('invalidParameters');
    expect(categoryOf(`MCP error -32603: ${text}`)).toBe('invalidParameters');
  });

  it.each([
    ['version 4', z],
    ['version 3', z3],
  ])('does not count in the words of Zod, %s', (_version, { object, string, number, enum: oneOf }) => {
    const schema = (object as typeof z.object)({
      a: (string as typeof z.string)(),
      b: (number as typeof z.number)().min(3),
      c: (oneOf as typeof z.enum)(['x', 'y']),
    });
    const strict = schema.strict();
    for (const value of [{}, { a: 1, b: 1, c: 'z' }, { a: 'a', b: 5, c: 'x', d: 1 }]) {
      const { error } = strict.safeParse(value);
      expect(categoryOf(String(error?.message))).toBe('invalidParameters');
      for (const { path, message } of error?.issues ?? []) {
        expect(categoryOf(`Validation error: ${message} at "${path.join('.')}"`)).toBe('invalidParameters');
      }
    }
  });
});

describe('what only sounds like it', () => {
  it.each([
    // Of the tool's own service, and of what that answered
    'Response validation failed: id',
    'Invalid response: expected string, received undefined',
    'Invalid response: the status must be 200',
    'Expected 200, received 503',
    'Expected status 200 but received 500',
    'missing field `items` at line 1 column 10',
    'Missing required field in response: id',
    'Unexpected token < in JSON at position 0',
    'Expected property name or "}" in JSON at position 1',
    '1 validation error for GithubIssue\ntitle\n  Field required [type=missing]',
    'validating tool output: validating root: required: missing properties: ["id"]',
    // Of where the tool runs
    'ffmpeg is required',
    'Node.js 18 is required',
    'Missing required environment variable HOME_URL',
    'No display provided',
    'config must have required property "url"',
    'failed to start: the server must be a primary',
    'Failed to write: the server is not a primary',
    'Server must be a primary',
    'The database must be at least version 12',
    'The service must be restarted',
    'search() missing 1 required positional argument: "self"',
    'monitor requires one of ffmpeg or avconv',
    '"ffmpeg" must be installed',
    '"daemon" must be running',
    'cwebp must be at least version 1.2',
    'Only 5 connections are allowed',
    'Only one session is allowed',
    'Only Linux is supported',
    'Only GET requests are allowed',
    'Only URLs with a scheme in: file, data, and node are supported by the default ESM loader',
    'supabaseUrl is required.',
    'baseUrl is required',
    // By a fault of its own code, or of what it read
    "undefined is not an object (evaluating 'a.b')",
    '5 is not an object (evaluating \'"x" in 5\')',
    'expected string or bytes-like object, got NoneType',
    'must be str, not NoneType',
    'expected object of scalar type Float',
    'JSON deserialization for type "Issue" was missing required properties, including: title',
    "Field 'title' is required for type with serial name 'Issue', but it was missing",
    'Unable to read the list: missing required properties in JSON. Path: $.items',
    'argument "model" must be a path, must not be `None`',
    'Validation failed: Cannot read properties of undefined (reading "x")',
    'Message missing required fields: id, name',
    'Message foo.Bar is missing required fields: id',
    'result is not an array',
    // Of a reply, and of how it is set up
    'secretOrPrivateKey must be an asymmetric key when using RS256',
    'Key must be one of type KeyObject, CryptoKey, or Uint8Array. Received undefined',
    '/run/sshd must be owned by root and not group or world-writable.',
    'No database url provided',
    'No config file specified',
    '`ffmpeg` must be in PATH',
    'Missing required field: reply id',
    'The response must be an object',
    'Invalid configuration: url: Required',
  ])('counts: %s', (text) => {
    expect(isOfArguments(text)).toBe(false);
    expect(categoryOf(text)).toBe('executionError');
  });

  it.each([
    'You must be an administrator',
    'Authentication is required',
    'GITHUB_TOKEN is required',
    'Missing required option: DATABASE_URL is missing',
    'Parameter DATABASE_URL must be set',
    'No API key parameter provided',
    'Either OPENAI_API_KEY or ANTHROPIC_API_KEY must be set',
    'Please provide either a token or a password',
  ])('is no matter of the arguments, but of who calls: %s', (text) => {
    expect(isOfArguments(text)).toBe(false);
  });
});
