import { type AgentOptions, globalAgent, Agent as HttpAgent } from 'node:http';
import { globalAgent as globalHttpsAgent, Agent as HttpsAgent } from 'node:https';
import type { SecureContext } from 'node:tls';

/** Idle connections are closed after this time, in ms: many servers close theirs after five seconds, and a request must not meet that moment. */
const idleMs = 4_000;

/** The options of one of Node's global agents, which hold the HTTP proxies that Node was told to use. */
const optionsOf = (agent: HttpAgent): AgentOptions => (agent as { options?: AgentOptions }).options ?? {};

/** The variables that name an HTTP proxy. */
const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

const mayHaveProxy = (): boolean =>
  proxyVariables.some((name) => process.env[name] || process.env[name.toLowerCase()]);

/** Keeps the connections to servers: direct ones, and those through an HTTP proxy where the environment names one. */
export class HttpAgents {
  /** What a request needs beside its agent: an agent of a proxy keeps no certificates. */
  readonly tls: { readonly secureContext?: SecureContext };
  readonly #http: HttpAgent;
  readonly #https: HttpAgent;
  /** The agents for URLs, by their origins, where the environment may name a proxy. */
  readonly #byOrigin = new Map<string, Promise<HttpAgent>>();

  /** @param secureContext Certificates other than the default ones. */
  constructor(secureContext?: SecureContext) {
    this.tls = secureContext === undefined ? {} : { secureContext };
    this.#http = new HttpAgent({ ...optionsOf(globalAgent), timeout: idleMs });
    this.#https = new HttpsAgent({ ...optionsOf(globalHttpsAgent), timeout: idleMs, ...this.tls });
  }

  /** The agent for a URL; a promise where one that knows proxies has to be loaded first. */
  agentFor(url: string): HttpAgent | Promise<HttpAgent> {
    const direct = url.startsWith('https:') ? this.#https : this.#http;
    if (!mayHaveProxy()) return direct;
    const { origin } = new URL(url);
    let agent = this.#byOrigin.get(origin);
    if (agent === undefined) {
      // Loaded only here: few need it, and it would make every start slower.
      agent = import('./proxy-agent.ts').then(
        ({ proxyAgentFor }) =>
          proxyAgentFor(url, { keepAlive: true, timeout: idleMs, ...this.tls }) ?? direct,
      );
      this.#byOrigin.set(origin, agent);
    }
    return agent;
  }
}
