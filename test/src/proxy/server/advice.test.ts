import { afterEach, describe, expect, it, vi } from 'vitest';
import { adviceFor } from '../../../../src/proxy/server/advice.ts';

afterEach(() => void vi.unstubAllEnvs());

const url = 'https://mcp.example/mcp?key=s3cret';
const withCode = (code: string): Error => Object.assign(new Error(code), { code });

describe('what a user can do about', () => {
  it.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', /--ca FILE or NODE_EXTRA_CA_CERTS=FILE/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /--ca FILE/],
    ['CERT_HAS_EXPIRED', /renewed/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /Check the host in --url/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /--cert FILE and --key FILE/],
    ['EPROTO', /Try http:\/\/mcp\.example\/mcp,/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /does not speak TLS/],
  ])('%s is said', (code, words) => {
    expect(adviceFor(withCode(code), { url })).toMatch(words);
    expect(adviceFor(new Error('fetch failed', { cause: withCode(code) }), { url })).toMatch(words);
  });

  it('a proxy that does not reach the server is said only where there is one', () => {
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'])
      vi.stubEnv(name, '');
    expect(adviceFor(withCode('ECONNREFUSED'), { url })).toBeUndefined();
    vi.stubEnv('https_proxy', 'http://me:passw0rd@proxy:3128');
    expect(adviceFor(withCode('ECONNREFUSED'), { url })).toMatch(/NO_PROXY: mcp\.example$/);
  });

  it('any of it shows no key', () => {
    for (const status of [401, 403, 407]) expect(adviceFor({ status }, { url })).not.toContain('s3cret');
    expect(adviceFor({ status: 405 }, { url, isOldTransport: true })).not.toContain('s3cret');
  });
});
