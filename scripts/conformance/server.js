// A dual-era server on version 2 of the SDK, with the tools, resources and prompts that the scenarios of the conformance suite ask
// for. On stdio, or over HTTP if it is given a port.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import {
  completable,
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  inputRequired,
  isLegacyRequest,
  McpServer,
  ResourceTemplate,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const port = process.argv[2];

const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const silence = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=';

const text = (words) => ({ type: 'text', text: String(words) });
const image = { type: 'image', data: pixel, mimeType: 'image/png' };
const said = (...content) => ({ content });

/** What a tool asks for, by kind. */
const ask = {
  form: (message, properties) =>
    inputRequired.elicit({
      message,
      requestedSchema: { type: 'object', properties, required: Object.keys(properties) },
    }),
  sample: (words, maxTokens = 100) =>
    inputRequired.createMessage({
      messages: [{ role: 'user', content: text(words) }],
      maxTokens,
    }),
  roots: () => inputRequired.listRoots(),
};
const aString = { type: 'string' };

/** Signs what a client carries for us, so that it cannot be changed. */
const states = createRequestStateCodec({ key: 'a key for tests, of at least 32 bytes' });

/** Tells the subscriptions of modern clients over HTTP, whose instances do not outlive their requests. */
let notify;

const changesOf = (server) => ({
  tool: () => (notify === undefined ? server.sendToolListChanged() : notify.toolsChanged()),
  prompt: () => (notify === undefined ? server.sendPromptListChanged() : notify.promptsChanged()),
});

function registerContents(server) {
  // What a request does not ask to be logged is not logged.
  server.registerTool('test_logging_tool', { description: 'Logs.' }, async (ctx) => {
    await ctx.mcpReq.log('info', 'nobody needs to hear this');
    return said(text('logged'));
  });
  for (const [name, change] of Object.entries(changesOf(server))) {
    server.registerTool(`test_trigger_${name}_change`, { description: `Tells of changes.` }, () => {
      change();
      return said(text('changed'));
    });
  }
  const plain = {
    test_simple_text: [text('This is a simple text response for testing.')],
    test_image_content: [image],
    test_audio_content: [{ type: 'audio', data: silence, mimeType: 'audio/wav' }],
    test_embedded_resource: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
    test_multiple_content_types: [
      text('Multiple content types test:'),
      image,
      {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: '{"test":"data","value":123}',
        },
      },
    ],
  };
  for (const [name, content] of Object.entries(plain)) {
    server.registerTool(name, { description: `Gives ${name.slice(5)}.` }, () => ({ content }));
  }
  server.registerTool('test_error_handling', { description: 'Fails.' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool('test_tool_with_logging', { description: 'Logs.' }, async (ctx) => {
    for (const words of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await ctx.mcpReq.log('info', words);
      await sleep(50);
    }
    return said(text('logged'));
  });
  server.registerTool('test_tool_with_progress', { description: 'Reports progress.' }, async (ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken ?? 0;
    for (const progress of [0, 50, 100]) {
      const params = { progressToken, progress, total: 100, message: `step ${progress}` };
      await ctx.mcpReq.notify({ method: 'notifications/progress', params });
      await sleep(50);
    }
    return said(text(progressToken));
  });
  server.registerTool(
    'test_custom_headers',
    {
      description: 'Has arguments that are headers as well.',
      inputSchema: z.object({
        region: z.string().optional().meta({ 'x-mcp-header': 'Region' }),
        priority: z.number().optional().meta({ 'x-mcp-header': 'Priority' }),
        query: z.string().optional(),
      }),
    },
    (args) => said(text(JSON.stringify(args))),
  );
  server.registerTool(
    'json_schema_2020_12_tool',
    {
      description: 'Tool with JSON Schema 2020-12 features',
      inputSchema: fromJsonSchema({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        $defs: {
          address: {
            $anchor: 'addressDef',
            type: 'object',
            properties: { street: aString, city: aString },
          },
        },
        properties: {
          name: aString,
          address: { $ref: '#/$defs/address' },
          contactMethod: { type: 'string', enum: ['phone', 'email'] },
          phone: aString,
          email: aString,
        },
        allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
        if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
        // biome-ignore lint/suspicious/noThenProperty: it is a word of JSON Schema
        then: { required: ['phone'] },
        else: { required: ['email'] },
        additionalProperties: false,
      }),
    },
    (args) => said(text(JSON.stringify(args))),
  );
}

/** Tools that a legacy server asks its client by, with requests of its own. */
function registerLegacyQuestions(server) {
  server.registerTool(
    'test_sampling',
    { description: 'Samples.', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, ctx) => {
      const messages = [{ role: 'user', content: text(prompt) }];
      const answer = await ctx.mcpReq.requestSampling({ messages, maxTokens: 100 });
      return said(text(`LLM response: ${answer.content.text}`));
    },
  );
  const elicits = (name, requestedSchema, inputSchema = z.object({})) => {
    server.registerTool(
      name,
      { description: 'Elicits.', inputSchema },
      async ({ message = 'Please fill in' }, ctx) => {
        const answer = await ctx.mcpReq.elicitInput({ message, requestedSchema });
        return said(text(`action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`));
      },
    );
  };
  elicits(
    'test_elicitation',
    {
      type: 'object',
      properties: { response: { type: 'string', description: 'An answer' } },
      required: ['response'],
    },
    z.object({ message: z.string() }),
  );
  elicits('test_elicitation_sep1034_defaults', {
    type: 'object',
    properties: {
      name: { type: 'string', default: 'John Doe' },
      age: { type: 'integer', default: 30 },
      score: { type: 'number', default: 95.5 },
      status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
      verified: { type: 'boolean', default: true },
    },
  });
  const options = ['option1', 'option2', 'option3'];
  const titled = options.map((value) => ({ const: value, title: `Title of ${value}` }));
  elicits('test_elicitation_sep1330_enums', {
    type: 'object',
    properties: {
      untitledSingle: { type: 'string', enum: options },
      titledSingle: { type: 'string', oneOf: titled },
      legacyEnum: { type: 'string', enum: options, enumNames: options.map((value) => `Title of ${value}`) },
      untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
      titledMulti: { type: 'array', items: { anyOf: titled } },
    },
  });
}

const nameForm = { user_name: ask.form('What is your name?', { name: aString }) };
const isFilledIn = (response, field) => typeof response?.content?.[field] === 'string';

/** Tools that ask for inputs by their results, as modern servers do. */
function registerQuestions(server) {
  const asks = (name, handle) =>
    server.registerTool(`test_input_required_result_${name}`, { description: 'Asks.' }, async (ctx) =>
      handle(ctx.mcpReq.inputResponses ?? {}, ctx),
    );
  asks('elicitation', ({ user_name: answer }) =>
    isFilledIn(answer, 'name')
      ? said(text(`Hello, ${answer.content.name}!`))
      : inputRequired({ inputRequests: nameForm }),
  );
  asks('sampling', ({ capital_question: answer }) =>
    answer?.content === undefined
      ? inputRequired({ inputRequests: { capital_question: ask.sample('What is the capital of France?') } })
      : said(text(answer.content.text)),
  );
  asks('list_roots', ({ client_roots: answer }) =>
    answer?.roots === undefined
      ? inputRequired({ inputRequests: { client_roots: ask.roots() } })
      : said(text(answer.roots.map(({ uri }) => uri).join(' '))),
  );
  const confirm = { confirm: ask.form('Please confirm', { ok: { type: 'boolean' } }) };
  for (const name of ['request_state', 'tampered_state']) {
    asks(name, async ({ confirm: answer }, ctx) => {
      if (answer !== undefined && ctx.mcpReq.requestState()?.from === name) return said(text('state-ok'));
      return inputRequired({ inputRequests: confirm, requestState: await states.mint({ from: name }, ctx) });
    });
  }
  asks('multiple_inputs', async (answers, ctx) => {
    if (['user_name', 'greeting', 'client_roots'].every((key) => key in answers)) {
      return said(text(`${JSON.stringify(answers)}`));
    }
    const inputRequests = {
      ...nameForm,
      greeting: ask.sample('Generate a greeting', 50),
      client_roots: ask.roots(),
    };
    return inputRequired({ inputRequests, requestState: await states.mint({ round: 1 }, ctx) });
  });
  asks('multi_round', async ({ step1, step2 }, ctx) => {
    const round = ctx.mcpReq.requestState()?.round;
    if (round === 2 && step2 !== undefined) return said(text(`done: ${step2.content?.color}`));
    const second = round === 1 && step1 !== undefined;
    return inputRequired({
      inputRequests: second
        ? { step2: ask.form('Step 2: What is your favorite color?', { color: aString }) }
        : { step1: ask.form('Step 1: What is your name?', { name: aString }) },
      requestState: await states.mint({ round: second ? 2 : 1 }, ctx),
    });
  });
  asks('capabilities', (answers, ctx) => {
    if (Object.keys(answers).length > 0) return said(text('answered'));
    const can = ctx.mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities'] ?? {};
    const inputRequests = {
      ...(can.elicitation && nameForm),
      ...(can.sampling && { greeting: ask.sample('Generate a greeting') }),
      ...(can.roots && { client_roots: ask.roots() }),
    };
    return Object.keys(inputRequests).length === 0
      ? said(text('nothing to ask'))
      : inputRequired({ inputRequests });
  });
  server.registerTool('test_streaming_elicitation', { description: 'Elicits.' }, (ctx) =>
    ctx.mcpReq.inputResponses === undefined
      ? inputRequired({ inputRequests: nameForm })
      : said(text('elicited')),
  );
  // It needs a capability whether or not the client has it: the SDK refuses where it has not.
  server.registerTool('test_missing_capability', { description: 'Needs sampling.' }, (ctx) =>
    ctx.mcpReq.inputResponses === undefined
      ? inputRequired({ inputRequests: { sample: ask.sample('Say something') } })
      : said(text('sampled')),
  );
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks.' }, (ctx) => {
    const answer = ctx.mcpReq.inputResponses?.user_context;
    return answer === undefined
      ? inputRequired({
          inputRequests: {
            user_context: ask.form('What context should the prompt use?', { context: aString }),
          },
        })
      : { messages: [{ role: 'user', content: text(`Context: ${answer.content?.context}`) }] };
  });
}

function registerResources(server) {
  const add = (name, uri, mimeType, content) =>
    server.registerResource(name, uri, { mimeType }, () => ({ contents: [{ uri, mimeType, ...content }] }));
  add('text', 'test://static-text', 'text/plain', {
    text: 'This is the content of the static text resource.',
  });
  add('binary', 'test://static-binary', 'image/png', { blob: pixel });
  add('watched', 'test://watched-resource', 'text/plain', { text: 'Watched' });
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { mimeType: 'application/json' },
    ({ href }, { id }) => ({
      contents: [
        { uri: href, mimeType: 'application/json', text: JSON.stringify({ id, data: `Data for ID: ${id}` }) },
      ],
    }),
  );
}

function registerPrompts(server) {
  const says = (...content) => ({ messages: content.map((each) => ({ role: 'user', content: each })) });
  server.registerPrompt('test_simple_prompt', { description: 'Simple.' }, () =>
    says(text('This is a simple prompt for testing.')),
  );
  const argument = () =>
    completable(z.string(), (start) => ['paris', 'park', 'party'].filter((each) => each.startsWith(start)));
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Has arguments.', argsSchema: z.object({ arg1: argument(), arg2: argument() }) },
    ({ arg1, arg2 }) => says(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Embeds.', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) =>
      says(
        {
          type: 'resource',
          resource: {
            uri: resourceUri,
            mimeType: 'text/plain',
            text: 'Embedded resource content for testing.',
          },
        },
        text('Please process the embedded resource above.'),
      ),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'Has an image.' }, () =>
    says(image, text('Please analyze the image above.')),
  );
}

function makeServer() {
  const server = new McpServer(
    { name: 'conformance-server', version: '1.0.0' },
    {
      capabilities: { logging: {}, resources: { subscribe: true } },
      requestState: { verify: states.verify },
    },
  );
  for (const method of ['resources/subscribe', 'resources/unsubscribe']) {
    server.server.setRequestHandler(method, () => ({}));
  }
  registerContents(server);
  registerLegacyQuestions(server);
  registerQuestions(server);
  registerResources(server);
  registerPrompts(server);
  return server;
}

function listen() {
  const sessions = new Map();
  const modern = createMcpHandler(makeServer, { legacy: 'reject' });
  notify = modern.notify;
  const fetchLegacy = async (request) => {
    const id = request.headers.get('mcp-session-id');
    if (id !== null)
      return sessions.get(id)?.handleRequest(request) ?? new Response('no such session', { status: 404 });
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (session) => void sessions.set(session, transport),
    });
    await makeServer().connect(transport);
    return transport.handleRequest(request);
  };
  const serve = toNodeHandler({
    fetch: async (request, options) =>
      (await isLegacyRequest(request)) ? fetchLegacy(request) : modern.fetch(request, options),
  });
  const isOurHost = localhostHostValidation();
  const isOurOrigin = localhostOriginValidation();
  const http = createServer((request, response) => {
    if (isOurHost(request, response) && isOurOrigin(request, response)) void serve(request, response);
  });
  http.listen(Number(port), '127.0.0.1', () => {
    console.error(`listening at http://127.0.0.1:${http.address().port}/mcp`);
  });
}

if (port === undefined) serveStdio(makeServer);
else listen();
