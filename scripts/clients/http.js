/** The clients that speak HTTP. Each makes one call of a URL, without retries, and throws as it throws. */

/** A client that only answers: its failed responses are what is thrown, as a user of it would. */
const unlessOk = (response) => {
  if (!response.ok) throw response;
  return response.text();
};

const only = (object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

export const httpClients = {
  fetch: async (url, { signal }) => unlessOk(await fetch(url, only({ signal }))),

  undici: async (url, { signal, timeoutMs }) => {
    const { request } = await import('undici');
    const limits = timeoutMs && { headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
    const { statusCode, headers, body } = await request(url, only({ signal, ...limits }));
    const text = await body.text();
    if (statusCode >= 400)
      throw Object.assign(new Error(`status ${statusCode}`), { statusCode, headers, body: text });
  },

  axios: async (url, { signal, timeoutMs }) => {
    const { default: axios } = await import('axios');
    await axios.get(url, only({ signal, timeout: timeoutMs }));
  },

  gaxios: async (url, { signal, timeoutMs }) => {
    const { request } = await import('gaxios');
    await request(only({ url, signal, timeout: timeoutMs, retry: false }));
  },

  got: async (url, { signal, timeoutMs }) => {
    const { default: got } = await import('got');
    await got(url, only({ signal, timeout: timeoutMs && { request: timeoutMs }, retry: { limit: 0 } }));
  },

  ky: async (url, { signal, timeoutMs }) => {
    const { default: ky } = await import('ky');
    await ky(url, only({ signal, timeout: timeoutMs ?? false, retry: 0 })).text();
  },

  'node-fetch': async (url, { signal }) => {
    const { default: nodeFetch } = await import('node-fetch');
    await unlessOk(await nodeFetch(url, only({ signal })));
  },

  superagent: async (url, { signal, timeoutMs }) => {
    const { default: superagent } = await import('superagent');
    const call = superagent.get(url);
    if (timeoutMs) call.timeout(timeoutMs);
    call.on('error', () => {});
    signal?.addEventListener('abort', () => call.abort());
    await call;
  },

  needle: async (url, { signal, timeoutMs }) => {
    const { default: needle } = await import('needle');
    const response = await needle('get', url, only({ signal, response_timeout: timeoutMs }));
    if (response.statusCode >= 400) throw response;
  },

  '@octokit/request': async (url, { signal }) => {
    const { request } = await import('@octokit/request');
    await request(`GET ${url}`, { request: only({ signal }) });
  },

  '@aws-sdk/client-sqs': async (url, { signal, timeoutMs }) => {
    const { SQSClient, ListQueuesCommand } = await import('@aws-sdk/client-sqs');
    const client = new SQSClient({
      region: 'eu-central-1',
      endpoint: url,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
      maxAttempts: 1,
      ...(timeoutMs && { requestHandler: { requestTimeout: timeoutMs, throwOnRequestTimeout: true } }),
    });
    try {
      await client.send(new ListQueuesCommand({}), only({ abortSignal: signal }));
    } finally {
      client.destroy();
    }
  },

  openai: async (url, { signal, timeoutMs }) => {
    const { default: OpenAI } = await import('openai');
    const client = new OpenAI({ apiKey: 'x', baseURL: url, maxRetries: 0 });
    await client.models.list(only({ signal, timeout: timeoutMs }));
  },

  '@anthropic-ai/sdk': async (url, { signal, timeoutMs }) => {
    const { default: Anthropic } = await import('@anthropic-ai/sdk');
    const client = new Anthropic({ apiKey: 'x', baseURL: url, maxRetries: 0 });
    await client.models.list({}, only({ signal, timeout: timeoutMs }));
  },

  'groq-sdk': async (url, { signal, timeoutMs }) => {
    const { default: Groq } = await import('groq-sdk');
    const client = new Groq({ apiKey: 'x', baseURL: url, maxRetries: 0 });
    await client.models.list(only({ signal, timeout: timeoutMs }));
  },

  ollama: async (url, { signal }) => {
    const { Ollama } = await import('ollama');
    const client = new Ollama({
      host: url,
      ...(signal && { fetch: (input, init) => fetch(input, { ...init, signal }) }),
    });
    await client.list();
  },

  '@google/genai': async (url, { signal, timeoutMs }) => {
    const { GoogleGenAI } = await import('@google/genai');
    const client = new GoogleGenAI({ apiKey: 'x', httpOptions: { baseUrl: url } });
    const config = only({ abortSignal: signal, httpOptions: timeoutMs && { timeout: timeoutMs } });
    await client.models.generateContent({ model: 'x', contents: 'x', config });
  },

  'cohere-ai': async (url, { signal, timeoutMs }) => {
    const { CohereClient } = await import('cohere-ai');
    const client = new CohereClient({ token: 'x', environment: url });
    const timeoutInSeconds = timeoutMs && timeoutMs / 1_000;
    await client.models.list({}, only({ maxRetries: 0, abortSignal: signal, timeoutInSeconds }));
  },

  stripe: async (url, { timeoutMs }) => {
    const { default: Stripe } = await import('stripe');
    const { hostname, port, protocol } = new URL(url);
    const client = new Stripe('sk_test_x', {
      host: hostname,
      port: port || '80',
      protocol: protocol.slice(0, -1),
      maxNetworkRetries: 0,
      telemetry: false,
      ...only({ timeout: timeoutMs }),
    });
    await client.customers.list();
  },

  '@slack/web-api': async (url, { timeoutMs }) => {
    const { WebClient, LogLevel } = await import('@slack/web-api');
    const client = new WebClient('xoxb-x', {
      slackApiUrl: url,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: {
        debug() {},
        info() {},
        warn() {},
        error() {},
        setLevel() {},
        getLevel: () => LogLevel.ERROR,
        setName() {},
      },
      ...only({ timeout: timeoutMs }),
    });
    await client.auth.test();
  },

  '@huggingface/inference': async (url, { signal }) => {
    const { InferenceClient } = await import('@huggingface/inference');
    const client = new InferenceClient('hf_x', { endpointUrl: url });
    await client.chatCompletion(
      { model: 'x', messages: [{ role: 'user', content: 'x' }] },
      only({ signal, retry_on_error: false }),
    );
  },

  '@qdrant/js-client-rest': async (url, { timeoutMs }) => {
    const { QdrantClient } = await import('@qdrant/js-client-rest');
    const client = new QdrantClient({ url, checkCompatibility: false, ...only({ timeout: timeoutMs }) });
    await client.getCollections();
  },

  ws: async (url, { timeoutMs }) => {
    const { default: WebSocket } = await import('ws');
    const socket = new WebSocket(url.replace(/^http/, 'ws'), only({ handshakeTimeout: timeoutMs }));
    await new Promise((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('error', reject);
    });
  },
};

/** The clients that take no signal, and those that have no time limit of their own. */
export const takeNoSignal = new Set(['stripe', '@slack/web-api', '@qdrant/js-client-rest', 'ws']);
export const haveNoLimit = new Set([
  'fetch',
  'node-fetch',
  '@octokit/request',
  'ollama',
  '@huggingface/inference',
]);
