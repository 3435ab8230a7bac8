/** The numbers of JSON-RPC 2.0 and of MCP, by the names that the official SDKs give them. */

/** Nobody answered: the connection closed, or none was open. The official clients make it up themselves. */
export const CONNECTION_CLOSED = -32_000;
/** No answer came in time. The official clients make it up themselves. */
export const REQUEST_TIMEOUT = -32_001;
export const RESOURCE_NOT_FOUND = -32_002;
/** The HTTP headers of a request disagree with its body. From revision 2026-07-28 on, as are the next two. */
export const HEADER_MISMATCH = -32_020;
/** The client lacks a capability that the request needs. */
export const MISSING_CLIENT_CAPABILITY = -32_021;
/** The server does not speak the version of the protocol that the request names. */
export const UNSUPPORTED_VERSION = -32_022;
/** The user has to visit a page first, as a rule in order to sign in. */
export const URL_ELICITATION_REQUIRED = -32_042;
export const INVALID_REQUEST = -32_600;
export const METHOD_NOT_FOUND = -32_601;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;
export const PARSE_ERROR = -32_700;

/** The last of the numbers that JSON-RPC reserves for itself. */
export const LAST_RESERVED = -32_768;
