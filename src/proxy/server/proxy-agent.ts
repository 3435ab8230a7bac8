import type { Agent } from 'node:http';
import type { SecureContext } from 'node:tls';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

interface ProxyAgentOptions {
  readonly keepAlive: boolean;
  /** How long an idle connection is kept, in ms. */
  readonly timeout: number;
  readonly secureContext?: SecureContext;
}

/**
 * The agent that reaches a URL through the HTTP proxy that the environment names: `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY`, in
 * capitals or not, unless `NO_PROXY` names the host.
 *
 * @returns undefined if the URL is to be reached directly.
 * @throws Error if what the environment names is no HTTP proxy. Its message never holds the value, which may hold a password.
 */
export function proxyAgentFor(url: string, options: ProxyAgentOptions): Agent | undefined {
  const proxy = getProxyForUrl(url);
  if (proxy === '') return undefined;
  if (!/^https?:/i.test(proxy) || !URL.canParse(proxy)) {
    throw new Error(
      'the proxy that the environment names (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) must be a URL that begins with http: or https:',
    );
  }
  return url.startsWith('https:') ? new HttpsProxyAgent(proxy, options) : new HttpProxyAgent(proxy, options);
}
