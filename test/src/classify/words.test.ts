import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';

describe('the words of a message', () => {
  it.each([
    ['Breaker is open', 'circuitOpen'],
    ['The circuit is currently open.', 'circuitOpen'],

    ['Request timed out', 'timeout'],
    ['request timeout', 'timeout'],
    ['Connection timeout after 30s', 'timeout'],
    ['timeout of 1000ms exceeded', 'timeout'],
    ['Gateway Time-out', 'timeout'],
    ['The operation was aborted due to timeout', 'timeout'],
    ['context deadline exceeded', 'timeout'],

    ['Rate limit exceeded', 'rateLimit'],
    ['rate-limited, slow down', 'rateLimit'],
    ['{"type":"rate_limit_exceeded"}', 'rateLimit'],
    ['Too Many Requests', 'rateLimit'],
    ['Request was throttled.', 'rateLimit'],
    ['you are likely making requests too quickly.', 'rateLimit'],

    ['Service Unavailable', 'serviceUnavailable'],
    ['The service is temporarily unavailable.', 'serviceUnavailable'],
    ['Internal Server Error', 'serviceUnavailable'],
    ['502 Bad Gateway', 'serviceUnavailable'],
    ['Overloaded', 'serviceUnavailable'],
    ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 'serviceUnavailable'],

    ['connect ECONNREFUSED 127.0.0.1:80', 'network'],
    ['getaddrinfo ENOTFOUND example.test', 'network'],
    ['socket hang up', 'network'],
    ['Connection refused', 'network'],
    ['connection was closed', 'network'],
    ['Not connected', 'network'],
    ['fetch failed', 'network'],
    ['Network error', 'network'],
    ['curl: (6) Could not resolve host: example.test', 'network'],
    ['Attempted to send a request from a closed client', 'network'],
    ['The client is closed', 'network'],
    ['stream has been aborted', 'network'],
    ['Server sent FIN packet unexpectedly, closing connection.', 'network'],
    ["Can't add new command when connection is in closed state", 'network'],
    ['Error reading response as text: aborted', 'network'],
    ['Exceeded 30 redirects.', 'network'],
    ['Failed to read it due to a connection issue', 'network'],
    ['page.goto: net::ERR_CONNECTION_REFUSED at https://example.test/', 'network'],
    ['page.goto: net::ERR_NAME_NOT_RESOLVED at https://example.test/', 'network'],
    ['page.goto: NS_ERROR_UNKNOWN_HOST', 'network'],
    ['page.goto: net::ERR_CONNECTION_TIMED_OUT', 'timeout'],
    ['httpx.ConnectError: All connection attempts failed', 'network'],
    ['requests.exceptions.ReadTimeout: HTTPSConnectionPool', 'timeout'],

    // Of urllib, requests, httpx, aiohttp
    ['Remote end closed connection without response', 'network'],
    ['IncompleteRead(8 bytes read, 992 more expected)', 'network'],
    ['<urlopen error [Errno -2] Name or service not known>', 'network'],
    ['[Errno -3] Temporary failure in name resolution', 'network'],
    ['[Errno 8] nodename nor servname provided, or not known', 'network'],
    ['[Errno 11001] getaddrinfo failed', 'network'],
    ['<urlopen error [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:992)>', 'network'],
    ["('Connection aborted.', RemoteDisconnected('Remote end closed connection'))", 'network'],
    ["('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))", 'network'],
    [
      "HTTPConnectionPool(host='a', port=80): Max retries exceeded with url: / (Caused by NewConnectionError('x'))",
      'network',
    ],
    [
      "HTTPConnectionPool(host='a', port=80): Max retries exceeded with url: / (Caused by ConnectTimeoutError('x'))",
      'timeout',
    ],
    ['All connection attempts failed', 'network'],
    ['Server disconnected without sending a response.', 'network'],
    ['peer closed connection without sending complete message body', 'network'],
    ["Cannot connect to host 127.0.0.1:80 ssl:default [Connect call failed ('127.0.0.1', 80)]", 'network'],
    ['Response payload is not completed', 'network'],
    // Of Go
    ['Get "http://example.test": EOF', 'network'],
    ['failed to search: unexpected EOF', 'network'],
    ['dial tcp: lookup example.test on 10.0.0.1:53: no such host', 'network'],
    ['dial tcp: lookup example.test: server misbehaving', 'network'],
    ['write tcp 10.0.0.1:1->10.0.0.2:80: write: broken pipe', 'network'],
    ['http: server gave HTTP response to HTTPS client', 'network'],
    ['tls: failed to verify certificate: x509: certificate signed by unknown authority', 'network'],
    ['dial tcp 10.0.0.1:443: i/o timeout', 'timeout'],
    ['context canceled', 'cancelled'],
    // Of .NET, Rust and Java
    ['Name or service not known (example.test:443)', 'network'],
    ['No such host is known. (example.test:443)', 'network'],
    ["The remote name could not be resolved: 'example.test'", 'network'],
    ['No connection could be made because the target machine actively refused it.', 'network'],
    ['An existing connection was forcibly closed by the remote host.', 'network'],
    ['The SSL connection could not be established, see inner exception.', 'network'],
    ['error sending request for url (https://example.test/)', 'network'],
    ['dns error: failed to lookup address information: Name or service not known', 'network'],
    ['java.io.IOException: HTTP/1.1 header parser received no bytes', 'network'],
    ['javax.net.ssl.SSLException: Unrecognized SSL message, plaintext connection?', 'network'],
    ['java.net.UnknownHostException: example.test', 'network'],
    ['java.net.ConnectException', 'network'],
    // Of curl
    ['curl: (52) Empty reply from server', 'network'],
    ['curl: (18) transfer closed with 992 bytes remaining to read', 'network'],
    ["curl: (7) Failed to connect to 127.0.0.1 port 80 after 0 ms: Couldn't connect to server", 'network'],
    ['curl: (35) OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number', 'network'],
    ['SSL certificate problem: self-signed certificate', 'network'],
    // Of libpq, MySQL, Redis, Oracle and what runs beside them
    ['server closed the connection unexpectedly', 'network'],
    ['MySQL server has gone away', 'network'],
    ['Lost connection to MySQL server during query', 'network'],
    ['Cannot connect to the Docker daemon. Is it running?', 'network'],
    ['could not connect to the database', 'network'],
    ['Unable to connect to the remote server', 'network'],
    ['Could not connect to the endpoint URL: "https://example.test/"', 'network'],
    ["Can't connect to MySQL server on 'example.test' (111)", 'network'],
    ['connection to server on socket "/run/db.sock" failed: No such file or directory', 'network'],
    ['dial unix /var/run/docker.sock: connect: no such file or directory', 'network'],
    ['The connection to the server 10.0.0.1:6443 was refused - did you specify the right host?', 'network'],
    ['failed to connect to `host=example.test`', 'network'],
    ['ORA-12541: TNS:no listener', 'network'],
    ['the database system is starting up', 'serviceUnavailable'],
    ['terminating connection due to administrator command', 'serviceUnavailable'],
    ['remaining connection slots are reserved for superusers', 'rateLimit'],
    // Of git, websockets, Reactor Netty, OkHttp and Node.js
    ['fatal: the remote end hung up unexpectedly', 'network'],
    ['The remote host terminated the handshake', 'network'],
    ['the server unexpectedly closed.', 'network'],
    ['no close frame received or sent', 'network'],
    ['Connection prematurely closed BEFORE response', 'network'],
    ['unexpected end of stream on http://example.test/...', 'network'],
    ['java.net.SocketException: Unexpected end of file from server', 'network'],
    ['The response ended prematurely. (ResponseEnded)', 'network'],
    ['Client network socket disconnected before secure TLS connection was established', 'network'],
    ['An error occurred while sending the request.', 'network'],
    [
      'A network-related or instance-specific error occurred while establishing a connection to SQL Server.',
      'network',
    ],
    [
      'A connection attempt failed because the connected party did not properly respond after a period of time',
      'network',
    ],
    ["Unable to resolve host 'example.test'", 'network'],
    ["Failed to resolve 'example.test'", 'network'],
    ['unable to verify the first certificate', 'network'],
    ['unable to get local issuer certificate', 'network'],
    ['PKIX path building failed: unable to find valid certification path to requested target', 'network'],
    ["Hostname/IP does not match certificate's altnames", 'network'],
    // Of proxies and clouds
    ['no healthy upstream', 'serviceUnavailable'],
    ['<html><head><title>502 Bad Gateway</title></head><body>nginx/1.25</body></html>', 'serviceUnavailable'],
    ['The server is currently unable to handle the request', 'serviceUnavailable'],
    ['The server had an error while processing your request. Sorry!', 'serviceUnavailable'],
    ['Rate exceeded', 'rateLimit'],
    ['TooManyOdd: Rate exceeded', 'rateLimit'],
    ['Resource has been exhausted (e.g. check quota).', 'rateLimit'],
    ['Please reduce your request rate.', 'rateLimit'],
    ['An error occurred (ThrottlingException) when calling the Converse operation: x', 'rateLimit'],
    ['An error occurred (AccessDeniedException) when calling the Converse operation: x', 'permissionDenied'],
    // The program is there: what it is linked against is not.
    ['x: cannot open shared object file: No such file or directory', 'executionError'],
    ['error while loading shared libraries: libx.so.1: No such file or directory', 'executionError'],
    // Of gRPC
    ['rpc error: code = Unavailable desc = the connection is closing', 'network'],
    ['rpc error: code = InvalidArgument desc = name is empty', 'invalidParameters'],
    ['rpc error: code = DeadlineExceeded desc = too late', 'timeout'],
    ['rpc error: code = Canceled desc = enough', 'cancelled'],
    ['Status(StatusCode="Unavailable", Detail="x")', 'network'],
    ['Status(StatusCode="InvalidArgument", Detail="x")', 'invalidParameters'],
    ['status = StatusCode.UNAUTHENTICATED details = "no"', 'authentication'],
    ['io.grpc.StatusRuntimeException: NOT_FOUND: no such row', 'resourceNotFound'],

    ['Unauthorized', 'authentication'],
    ['401 unauthorised', 'authentication'],
    ['Authentication failed', 'authentication'],
    ['Incorrect API key provided: sk-x', 'authentication'],
    ['expired access token', 'authentication'],

    ['EACCES: permission denied, open "/etc/shadow"', 'permissionDenied'],
    ['Permission denied (publickey).', 'permissionDenied'],
    ['Access is denied.', 'permissionDenied'],
    ['403 Forbidden', 'permissionDenied'],
    ['User is not authorized to perform this', 'permissionDenied'],

    ["ENOENT: no such file or directory, open 'x'", 'resourceNotFound'],
    ['cat: x: No such file or directory', 'resourceNotFound'],
    ['404 Not Found', 'resourceNotFound'],
    ['File not found', 'resourceNotFound'],

    ['Unknown tool: rg', 'toolNotFound'],
    ['Tool rg not found in agent Assistant.', 'toolNotFound'],
    ['Tool "fs.read" does not exist', 'toolNotFound'],
    ['Tool rg disabled', 'toolNotFound'],
    ['No such function name', 'toolNotFound'],
    ["Server 'a' is not defined in the configuration.", 'toolNotFound'],

    ['Invalid parameter: timeout', 'invalidParameters'],
    ['Missing required argument "path"', 'invalidParameters'],
    ['Input validation error: Invalid arguments for tool rg', 'invalidParameters'],
    ['Schema validation failed for the answer', 'invalidParameters'],
    ['400 Bad Request', 'invalidParameters'],

    ['You have insufficient_quota', 'resourceExhausted'],
    ['402 Payment Required', 'resourceExhausted'],
    ['write failed: no space left on device', 'resourceExhausted'],
    ['FATAL ERROR: JavaScript heap out of memory', 'resourceExhausted'],

    ['Tool execution was not approved.', 'policyViolation'],
    ['Rejected by the user', 'policyViolation'],
    ['The prompt was blocked by content policy', 'policyViolation'],

    ['This operation was aborted', 'cancelled'],
    ['Request was aborted.', 'cancelled'],
    ['The user aborted a request.', 'cancelled'],
    ['signal is aborted without reason', 'cancelled'],
    ['Operation cancelled', 'cancelled'],
    ['canceled', 'cancelled'],
    ['The download was cancelled by the user', 'cancelled'],
  ])('"%s": %s', (text, category) => {
    expect(categorize(text)).toBe(category);
    expect(categorize(new Error(text))).toBe(category);
    expect(categorize({ message: text })).toBe(category);
  });

  it.each([
    '',
    'it broke',
    'corporate limits apply',
    'the rate limiter is ready',
    'timeout must be a positive number',
    'cannot parse {"timeout": 30}',
    'client.timeoutMs is unset',
    'untimely output',
    'no overload matches: overloaded function `read` is ambiguous',
    'Aborted (core dumped)',
    'order 17 cancelled',
    'Module not found',
    'user not found in file list',
    'preauthorized',
    'Resource temporarily unavailable',
    'the build is not connected to a repository',
    'breaker opens at night',
    'payment method not found',
    'build tool not found',
    'Failed to fetch user 17: it has no address',
    'the host list is downloaded',
    'the certificate of the course has a typo',
    'no such hostel',
    'rpc error: code = Odd desc = x',
    'the parser expected EOF in line 3',
    'failed to parse the file: unexpected EOF',
    'yaml: line 3: could not find expected end: EOF',
    'the server closed 17 issues',
    'failed to connect to the point of the story',
    'an exchange rate exceeded the usual',
  ])('says nothing where they mean something else: "%s"', (text) => {
    expect(categorize(text)).toBe('executionError');
    expect(categorize(new Error(text))).toBe('executionError');
  });
});

describe('a number in a message', () => {
  it.each([
    ['HTTP 503', 'serviceUnavailable'],
    ['HTTP/1.1 429', 'rateLimit'],
    ['HTTP error 401', 'authentication'],
    ['HTTP error! status: 404', 'resourceNotFound'],
    ['status: 401', 'authentication'],
    ['status code 429', 'rateLimit'],
    ['Request failed with status code 404.', 'resourceNotFound'],
    ['the server responded with a status of 403 ()', 'permissionDenied'],
    ['{"status":429,"message":"x"}', 'rateLimit'],
    ["{'statusCode': 504}", 'timeout'],
    ['status=500', 'serviceUnavailable'],
    ['Error POSTing to endpoint (HTTP 503): x', 'serviceUnavailable'],
    ['Unexpected server response: 401', 'authentication'],
    ['404 Client Error: Not Found for url: https://example.test/', 'resourceNotFound'],
    ["Client error '429 Too Many Requests' for url 'https://example.test/'", 'rateLimit'],
    ["Server error '503 Service Unavailable' for url 'https://example.test/'", 'serviceUnavailable'],
    ["403, message='Forbidden', url=URL('https://example.test/')", 'permissionDenied'],
    ['curl: (22) The requested URL returned error: 404', 'resourceNotFound'],
    ['HTTP status client error (404 Not Found) for url (https://example.test/)', 'resourceNotFound'],
    ['HTTP status server error (503 Service Unavailable) for url', 'serviceUnavailable'],
    ['Response status code does not indicate success: 503 (Odd).', 'serviceUnavailable'],
    ['Response code 403 (Odd)', 'permissionDenied'],
    ["Error code: 429 - {'error': 'x'}", 'rateLimit'],
    ['returned an error: (404)', 'resourceNotFound'],
    ['<HttpError 403 when requesting https://example.test/ returned "x">', 'permissionDenied'],
    ['An error occurred (503) when calling the PutObject operation: x', 'serviceUnavailable'],
    ["TransportError(503, 'x')", 'serviceUnavailable'],
    ['502 status code (no body)', 'serviceUnavailable'],
    ['429 {"error":{"odd":1}}', 'rateLimit'],
    ['404 : [no body]', 'resourceNotFound'],
  ])('is a status where the message says so: "%s" is %s', (text, category) => {
    expect(categorize(text)).toBe(category);
    expect(categorize(new Error(text))).toBe(category);
  });

  it.each([
    '500 files scanned',
    'error 401 in line 4012',
    'line 429: unexpected brace',
    'wrote 503 bytes to http://localhost:8404/404',
    'HTTP server has 404 routes',
    'status 4012',
    'status: 404.5',
    'HTTP 200',
    'exit status 404',
    'exited with status code 500',
    'exit_status: 429',
    'it returned error: 4040',
    "Client error '17 Odd' for url",
  ])('is none elsewhere: "%s"', (text) => {
    expect(categorize(text)).toBe('executionError');
    expect(categorize(new Error(text))).toBe('executionError');
  });
});

describe('a code in a message', () => {
  it.each([
    ['ERROR_ODD: ECONNRESET', 'network'],
    ['sync_error, then api_error', 'serviceUnavailable'],
    ['cannot connect LOGGER to the bus', 'executionError'],
    ['connect EODDER 10.0.0.1:80', 'network'],
  ])('counts where it is a known one: "%s" is %s', (text, category) => {
    expect(categorize(text)).toBe(category);
    expect(categorize(new Error(text))).toBe(category);
  });
});
