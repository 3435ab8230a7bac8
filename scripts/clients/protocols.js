/**
 * The clients that speak other protocols than HTTP: for each the faults that it can meet. A fault is a function that calls
 * and throws, and the category that is right for it. `servers` has a port for each server that could be started.
 */

const localhost = '127.0.0.1';

const grpc = async (servers) => {
  const grpc = await import('@grpc/grpc-js');
  const plain = (value) => Buffer.from(value);
  const method = { path: '/t.T/Call', requestStream: false, responseStream: false };
  const codec = {
    requestSerialize: plain,
    requestDeserialize: plain,
    responseSerialize: plain,
    responseDeserialize: plain,
  };
  const server = new grpc.Server();
  server.addService(
    { Call: { ...method, ...codec } },
    {
      Call: (call, answer) => {
        const code = Number(call.request.toString());
        if (code !== 99) answer({ code, details: 'the "timeout" is odd' });
      },
    },
  );
  const port = await new Promise((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync(`${localhost}:0`, credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  servers.onClose(() => server.forceShutdown());
  const call = (code, { to = port, options = {}, path = method.path, cancel = false } = {}) => {
    const client = new grpc.Client(`${localhost}:${to}`, grpc.credentials.createInsecure());
    return new Promise((resolve, reject) => {
      const done = (error) => {
        client.close();
        error ? reject(error) : resolve();
      };
      const running = client.makeUnaryRequest(
        path,
        plain,
        plain,
        String(code),
        new grpc.Metadata(),
        options,
        done,
      );
      if (cancel) setTimeout(() => running.cancel(), 50);
    });
  };
  const ofCode = [
    [2, 'executionError'],
    [3, 'invalidParameters'],
    [5, 'resourceNotFound'],
    [6, 'invalidParameters'],
    [7, 'permissionDenied'],
    [8, 'rateLimit'],
    [9, 'invalidParameters'],
    [10, 'executionError'],
    [11, 'invalidParameters'],
    [13, 'serviceUnavailable'],
    [15, 'serviceUnavailable'],
    [16, 'authentication'],
  ].map(([code, category]) => [`code ${code}`, category, () => call(code)]);
  return [
    ...ofCode,
    ['no such method', 'toolNotFound', () => call(0, { path: '/t.T/Missing' })],
    ['deadline', 'timeout', () => call(99, { options: { deadline: Date.now() + 200 } })],
    ['cancelled', 'cancelled', () => call(99, { cancel: true })],
    ['refused', 'network', () => call(0, { to: servers.closed })],
  ];
};

const nodemailer = async (servers) => {
  const { default: nodemailer } = await import('nodemailer');
  const smtp = (replies) =>
    servers.lines('220 hello', { EHLO: '250-hi\r\n250 AUTH PLAIN', QUIT: '221 bye', ...replies });
  const mail = { from: 'a@example.test', to: 'b@example.test', text: 'x' };
  const send = async (port, options = {}) =>
    nodemailer.createTransport({ host: localhost, port, ignoreTLS: true, ...options }).sendMail(mail);
  const auth = { auth: { user: 'x', pass: 'x' } };
  return [
    ['login refused', 'authentication', async () => send(await smtp({ AUTH: '535 5.7.8 no' }), auth)],
    [
      'no such mailbox',
      'invalidParameters',
      async () => send(await smtp({ MAIL: '250 ok', RCPT: '550 5.1.1 no such user' })),
    ],
    ['busy', 'serviceUnavailable', async () => send(await smtp({ MAIL: '421 4.3.2 try again later' }))],
    ['quota', 'resourceExhausted', async () => send(await smtp({ MAIL: '552 5.2.2 mailbox is full' }))],
    ['reset', 'network', async () => send(await smtp({ MAIL: null }))],
    ['silent', 'timeout', () => send(servers.silent, { greetingTimeout: 200 })],
    ['refused', 'network', () => send(servers.closed)],
    ['no host', 'network', () => send(25, { host: 'no-such-host.invalid' })],
  ];
};

const basicFtp = async (servers) => {
  const { Client } = await import('basic-ftp');
  const ftp = (replies) =>
    servers.lines('220 hello', {
      USER: '331 who',
      PASS: '230 in',
      FEAT: '211 none',
      TYPE: '200 ok',
      STRU: '200 ok',
      OPTS: '200 ok',
      ...replies,
    });
  const use = async (port, act = () => {}, timeout = 2_000) => {
    const client = new Client(timeout);
    try {
      await client.access({ host: localhost, port, user: 'x', password: 'x' });
      await act(client);
    } finally {
      client.close();
    }
  };
  return [
    ['login refused (530)', 'authentication', async () => use(await ftp({ PASS: '530 Login incorrect' }))],
    [
      'no such file (550)',
      'resourceNotFound',
      async () => use(await ftp({ SIZE: '550 No such file' }), (client) => client.size('x')),
    ],
    ['busy (421)', 'serviceUnavailable', async () => use(await ftp({ USER: '421 Too many users' }))],
    ['reset', 'network', async () => use(await ftp({ PASS: null }))],
    ['silent', 'timeout', () => use(servers.silent, undefined, 200)],
    ['refused', 'network', () => use(servers.closed)],
  ];
};

const ioredis = async (servers) => {
  const { Redis } = await import('ioredis');
  const use = async (options, act) => {
    const client = new Redis({
      host: localhost,
      port: servers.redis,
      retryStrategy: () => 20,
      lazyConnect: true,
      ...options,
    });
    client.on('error', () => {});
    try {
      await act(client);
    } finally {
      client.disconnect();
    }
  };
  const refused = [
    'refused',
    'network',
    () => use({ port: servers.closed, maxRetriesPerRequest: 1 }, (client) => client.get('x')),
  ];
  const silent = [
    'silent',
    'timeout',
    () =>
      use({ port: servers.silent, commandTimeout: 200, enableReadyCheck: false }, (client) =>
        client.get('x'),
      ),
  ];
  if (servers.redis === undefined) return [refused, silent];
  return [
    [
      'WRONGTYPE',
      'invalidParameters',
      () =>
        use({}, async (client) => {
          await client.set('text', 'x');
          await client.lpush('text', 'x');
        }),
    ],
    ['ERR', 'invalidParameters', () => use({}, (client) => client.call('NOSUCHCOMMAND'))],
    [
      'NOPERM',
      'permissionDenied',
      () => use({ username: 'reader', password: 'secret' }, (client) => client.set('x', 'y')),
    ],
    [
      'WRONGPASS',
      'authentication',
      () => use({ username: 'reader', password: 'wrong' }, (client) => client.get('x')),
    ],
    [
      'closed',
      'network',
      () =>
        use({}, async (client) => {
          await client.connect();
          const waiting = client.blpop('nothing', 0);
          waiting.catch(() => {});
          setTimeout(() => client.disconnect(), 50);
          await waiting;
        }),
    ],
    silent,
    refused,
  ];
};

const redis = async (servers) => {
  const { createClient } = await import('redis');
  const use = async (options, act) => {
    const client = createClient({
      socket: { host: localhost, port: servers.redis, reconnectStrategy: false },
      ...options,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      await act(client);
    } finally {
      if (client.isOpen) client.destroy();
    }
  };
  const refused = [
    'refused',
    'network',
    () => use({ socket: { host: localhost, port: servers.closed, reconnectStrategy: false } }),
  ];
  if (servers.redis === undefined) return [refused];
  return [
    [
      'WRONGTYPE',
      'invalidParameters',
      () =>
        use({}, async (client) => {
          await client.set('text', 'x');
          await client.lPush('text', 'x');
        }),
    ],
    ['ERR', 'invalidParameters', () => use({}, (client) => client.sendCommand(['NOSUCHCOMMAND']))],
    [
      'NOPERM',
      'permissionDenied',
      () => use({ username: 'reader', password: 'secret' }, (client) => client.set('x', 'y')),
    ],
    ['WRONGPASS', 'authentication', () => use({ username: 'reader', password: 'wrong' }, () => {})],
    [
      'closed',
      'network',
      () =>
        use({}, async (client) => {
          client.destroy();
          await client.get('x');
        }),
    ],
    [
      'closed while waiting',
      'network',
      () =>
        use({}, async (client) => {
          const waiting = client.blPop('nothing', 0);
          setTimeout(() => client.destroy(), 50);
          await waiting;
        }),
    ],
    refused,
  ];
};

const pg = async (servers) => {
  const { default: pg } = await import('pg');
  const use = async (options, act = () => {}) => {
    const client = new pg.Client({
      host: localhost,
      port: servers.postgres,
      user: 'toolfuse',
      database: 'postgres',
      ...options,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      await act(client);
    } finally {
      client.end().catch(() => {});
    }
  };
  const query = (sql, options) => use(options ?? {}, (client) => client.query(sql));
  const refused = ['refused', 'network', () => use({ port: servers.closed })];
  const silent = ['silent', 'timeout', () => use({ port: servers.silent, connectionTimeoutMillis: 200 })];
  if (servers.postgres === undefined) return [refused, silent];
  return [
    ['no such column', 'invalidParameters', () => query('select "timeout" from pg_class')],
    ['no such table', 'invalidParameters', () => query('select * from rate_limit')],
    ['syntax error', 'invalidParameters', () => query('selec 1')],
    [
      'duplicate key',
      'invalidParameters',
      () =>
        query(
          'create temp table t (a int constraint rate_limit_pk primary key); insert into t values (1); insert into t values (1)',
        ),
    ],
    ['bad value', 'invalidParameters', () => query("select 'x'::int")],
    ['no such database', 'invalidParameters', () => use({ database: 'nothing' })],
    ['no such user', 'authentication', () => use({ user: 'nobody' })],
    ['read only', 'permissionDenied', () => query('set transaction read only; create table t (a int)')],
    ['statement timeout', 'timeout', () => query('set statement_timeout = 100; select pg_sleep(5)')],
    ['own limit', 'timeout', () => query('select pg_sleep(1)', { query_timeout: 100 })],
    ['ended by an admin', 'serviceUnavailable', () => query('select pg_terminate_backend(pg_backend_pid())')],
    [
      'closed',
      'network',
      () =>
        use({}, async (client) => {
          client.end();
          await client.query('select 1');
        }),
    ],
    silent,
    refused,
  ];
};

const mysql2 = async (servers) => {
  const { default: mysql } = await import('mysql2/promise');
  const use = async (options, act = () => {}) => {
    const connection = await mysql.createConnection({
      host: localhost,
      port: servers.mariadb,
      user: 'root',
      ...options,
    });
    connection.on('error', () => {});
    try {
      await act(connection);
    } finally {
      connection.destroy();
    }
  };
  const query = (sql, options = {}) => use(options, (connection) => connection.query(sql));
  const refused = ['refused', 'network', () => use({ port: servers.closed })];
  const silent = ['silent', 'timeout', () => use({ port: servers.silent, connectTimeout: 200 })];
  if (servers.mariadb === undefined) return [refused, silent];
  return [
    ['no such column', 'invalidParameters', () => query('select `timeout` from mysql.user')],
    ['no such table', 'invalidParameters', () => query('select * from mysql.rate_limit')],
    ['syntax error', 'invalidParameters', () => query('selec 1')],
    ['no such database', 'invalidParameters', () => use({ database: 'nothing' })],
    ['no such user', 'authentication', () => use({ user: 'stranger', password: 'x' })],
    [
      'statement timeout',
      'timeout',
      () => query('set statement max_statement_time = 0.1 for select sleep(5) from mysql.user'),
    ],
    ['own limit', 'timeout', () => query({ sql: 'select sleep(1)', timeout: 100 })],
    [
      'closed',
      'network',
      () =>
        use({}, async (connection) => {
          await connection.end();
          await connection.query('select 1');
        }),
    ],
    silent,
    refused,
  ];
};

const mongodb = async (servers) => {
  const { MongoClient, MongoServerError } = await import('mongodb');
  const use = async (port, options = {}) => {
    const client = new MongoClient(`mongodb://${localhost}:${port}`, {
      serverSelectionTimeoutMS: 300,
      ...options,
    });
    try {
      await client.db('x').command({ ping: 1 });
    } finally {
      await client.close();
    }
  };
  const answered =
    (code, codeName, message = 'it failed') =>
    () => {
      throw new MongoServerError({ ok: 0, code, codeName, errmsg: message });
    };
  return [
    ['refused', 'network', () => use(servers.closed)],
    ['silent', 'network', () => use(servers.silent, { connectTimeoutMS: 100 })],
    [
      '11000 (constructed)',
      'invalidParameters',
      answered(11_000, undefined, 'E11000 duplicate key error: rate_limit'),
    ],
    ['18 (constructed)', 'authentication', answered(18, 'AuthenticationFailed')],
    ['13 (constructed)', 'permissionDenied', answered(13, 'Unauthorized')],
    ['50 (constructed)', 'timeout', answered(50, 'MaxTimeMSExpired')],
    ['10107 (constructed)', 'serviceUnavailable', answered(10_107, 'NotWritablePrimary')],
  ];
};

const node = async (servers) => {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  const { setTimeout: sleep } = await import('node:timers/promises');
  const { once, EventEmitter } = await import('node:events');
  const http = await import('node:http');
  const net = await import('node:net');
  const run = promisify(execFile);
  const sleeper = ['-e', 'setTimeout(() => {}, 5_000)'];
  const deadline = () => AbortSignal.timeout(200);
  const get = (options) =>
    new Promise((resolve, reject) => {
      http.get({ host: localhost, port: servers.silent, ...options }, resolve).on('error', reject);
    });
  const connect = (options) =>
    new Promise((resolve, reject) => net.connect(options, resolve).on('error', reject));
  return [
    ['execFile, deadline', 'timeout', () => run(process.execPath, sleeper, { signal: deadline() })],
    ['execFile, own limit', 'timeout', () => run(process.execPath, sleeper, { timeout: 200 })],
    ['execFile, aborted', 'cancelled', () => run(process.execPath, sleeper, { signal: AbortSignal.abort() })],
    ['execFile, no program', 'toolNotFound', () => run('no-such-program-of-toolfuse')],
    ['execFile, exit code', 'executionError', () => run(process.execPath, ['-e', 'process.exit(14)'])],
    ['http.get, deadline', 'timeout', () => get({ signal: deadline() })],
    ['http.get, no HTTP', 'network', async () => get({ port: await servers.lines('hello', {}) })],
    ['timers/promises, deadline', 'timeout', () => sleep(5_000, undefined, { signal: deadline() })],
    ['events.once, deadline', 'timeout', () => once(new EventEmitter(), 'x', { signal: deadline() })],
    ['socket file', 'network', () => connect({ path: '/no/such/socket' })],
    ['refused', 'network', () => connect({ port: servers.closed })],
  ];
};

const frameworks = async (servers) => {
  const { NodeInterrupt, GraphInterrupt, ParentCommand, Command } = await import('@langchain/langgraph');
  const { MultiServerMCPClient } = await import('@langchain/mcp-adapters');
  const { createMCPClient } = await import('@ai-sdk/mcp').then((module) => ({
    createMCPClient: module.createMCPClient ?? module.experimental_createMCPClient,
  }));
  const thrown = (make) => () => {
    throw make();
  };
  return [
    ['langgraph GraphInterrupt', 'cancelled', thrown(() => new GraphInterrupt([]))],
    ['langgraph NodeInterrupt', 'cancelled', thrown(() => new NodeInterrupt('wait'))],
    ['langgraph ParentCommand', 'cancelled', thrown(() => new ParentCommand(new Command({ goto: 'x' })))],
    [
      '@ai-sdk/mcp, refused',
      'network',
      () => createMCPClient({ transport: { type: 'http', url: `http://${localhost}:${servers.closed}` } }),
    ],
    [
      'mcp-adapters, refused',
      'network',
      () =>
        new MultiServerMCPClient({
          mcpServers: {
            x: {
              transport: 'http',
              url: `http://${localhost}:${servers.closed}`,
              automaticSSEFallback: false,
            },
          },
        }).getTools(),
    ],
  ];
};

export const protocolClients = {
  '@grpc/grpc-js': grpc,
  pg,
  mysql2,
  mongodb,
  ioredis,
  redis,
  nodemailer,
  'basic-ftp': basicFtp,
  node,
  frameworks,
};
