/** What clients, in the languages that servers are written in, say of a host that they cannot reach or that stops in the middle of an answer. */
export const networkWords: readonly RegExp[] = [
  /^(?:error: )?not connected\b/i,
  // What fetch itself says ends there: `Failed to fetch user 17` is a tool's.
  /\bfetch failed\b|\bfailed to fetch\.?\s*$/i,

  // Names.
  /\b(?:could not resolve (?:host|proxy)|unable to resolve host|no such host|name could not be resolved|getaddrinfo failed)\b/i,
  /\b(?:name or service not known|name resolution|nodename nor servname|lookup address information)\b/i,
  /\bserver misbehaving\b|\bfailed to resolve ["']/i,

  // Connections that are not made.
  /\bconnection (?:to server )?(?:was |is |has been )?(?:refused|reset|closed|lost|terminated|aborted)\b/i,
  /\bconnection to \S{1,260} (?:was )?refused\b|\bconnection to the server\b.{1,260}\brefused\b|\bactively refused\b|\bTNS:no listener\b/i,
  /\b(?:cannot|can't|could ?n[o']t|unable to|failed to) connect to (?:the )?(?:[\w-]{1,30} ){0,3}(?:host|server|daemon|database|endpoint|broker)\b/i,
  /\b(?:cannot|can't|couldn't|failed to) establish a (?:new )?connection\b|\bfailed to connect to \S{1,260}(?: port\b|$)/i,
  /\b(?:connect call failed|connection attempts failed|max retries exceeded with url|error sending request for url)\b/i,
  /\berror occurred while (?:sending the request|establishing a connection to)\b|\bconnected party did not properly respond\b/i,
  /\b(?:no route to host|host is (?:down|unreachable)|sentinels are unreachable|broker connections are down)\b/i,
  /\b(?:network adapter could not establish|unable to connect to any of the specified|no servers found yet)\b/i,
  /\b(?:max retries per request limit|client must be connected before|no connection to the server)\b/i,
  /\b(?:the connection attempt failed|connect: invalid argument|error sending request$|ORA-(?:0311[34]|12514))/i,
  // What is missing is a socket.
  /\b(?:connect(?:ion|ing)?|dial unix|sqlstate)\b.{0,260}\bno such file or directory\b/is,

  // Connections that end too early.
  /\b(?:socket hang up|other side closed|premature close|broken pipe|forcibly closed|has gone away|lost connection to)\b/i,
  /\b(?:server|remote (?:end|host)|peer) (?:unexpectedly )?(?:closed|terminated|hung up)(?: the)?(?: (?:connection|handshake|unexpectedly)\b|\.?$)/i,
  /\b(?:communications link failure|connection already closed|connection \d{1,9} to \S{1,260} closed)\b/i,
  /\b(?:socket closed unexpectedly|connection unexpectedly closed|closed (?:idle|network) connection|sent GOAWAY)\b/i,
  /\b(?:EOF detected|please run connect\(\) first)/i,
  /\b(?:server disconnected|socket disconnected before|no close frame received|closing connection)\b/i,
  /\b(?:empty reply from server|transfer closed with|payload is not completed|parser received no bytes)\b/i,
  /\b(?:connection prematurely closed|response ended prematurely|unexpected end of (?:stream on|file from server))\b/i,
  /\b(?:RemoteDisconnected|ConnectionResetError|IncompleteRead)\(/,
  // Not the end of what is parsed.
  /^(?!.*\b(?:json|yaml|toml|xml|csv|config|template|lexer|syntax|pars|decod|unmarshal)).*: (?:unexpected )?EOF$/is,
  /\b(?:closed client|(?:client|topology|websocket|socket|stream) (?:is|was|has been) (?:closed|not open|disconnected))\b/i,
  /\bconnection is (?:in )?(?:a )?closed(?: state)?\b/i,
  /\b(?:stream has been aborted|(?:response|body)\b.{0,40}: (?:aborted|terminated))\b/i,

  // TLS.
  /\[SSL: |\bssl (?:routines:|connection could not)|\bHTTP response to HTTPS client\b|\bSSL\/TLS secure channel\b|\bTLS handshake\b|\btls: handshake failure\b|\bunrecognized SSL message\b/i,
  /\bx509: |\bcertificate (?:verify failed|verification failed|has expired)|\bself[- ]signed certificate\b|\binvalid peer certificate\b|\bcertificate's altnames\b/i,
  /\bunable to (?:verify the first|get (?:local )?issuer) certificate\b|\bfind valid certification path\b/i,

  /\b(?:(?:exceeded|stopped after) \d+ redirects|too many redirects|maximum redirects?|redirect count exceeded)\b/i,
  /\bnetwork (?:request failed|error|connection (?:was )?lost|(?:is )?unreachable)\b/i,
];
