import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import { show } from '../../../machines/rule.ts';
import { UsageError } from '../options/usage-error.ts';

/** The files of certificates, in PEM. */
export interface CertificateFiles {
  /** Authorities that are trusted beside the usual ones. */
  readonly ca?: string | undefined;
  /** The client's own certificate, with its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * The certificates that connections to a server need; undefined for Node's own.
 *
 * @throws UsageError for a file that cannot be read or holds something else.
 */
export function secureContextOf(
  { ca, cert, key }: CertificateFiles,
  environment: NodeJS.ProcessEnv = process.env,
): tls.SecureContext | undefined {
  // Python, Go, curl and others know this variable. Node does not, unless it is told to use OpenSSL's authorities.
  const authorities = ca ?? (environment.SSL_CERT_FILE || undefined);
  if (authorities === undefined && cert === undefined && key === undefined) return undefined;
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError(`--${cert === undefined ? 'key needs --cert' : 'cert needs --key'}`);
  }
  const own = {
    ...(cert !== undefined && { cert: read('cert', cert) }),
    ...(key !== undefined && { key: read('key', key) }),
  };
  const more =
    authorities === undefined ? undefined : read(ca === undefined ? 'SSL_CERT_FILE' : 'ca', authorities);
  try {
    return tls.createSecureContext({
      ...own,
      ...(more !== undefined && { ca: [...usual(environment), more] }),
    });
  } catch (error) {
    const names = Object.entries({ ca, cert, key }).filter(([, file]) => file !== undefined);
    const given = names.map(([name, file]) => `--${name} ${show(file)}`).join(', ') || 'SSL_CERT_FILE';
    throw new UsageError(`${given}: these certificates cannot be used: ${(error as Error).message}`);
  }
}

/** The authorities that Node trusts by itself. A list of our own would replace them. */
function usual(environment: NodeJS.ProcessEnv): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  if (getCACertificates !== undefined) return getCACertificates('default');
  const extra = environment.NODE_EXTRA_CA_CERTS;
  return [...tls.rootCertificates, ...(extra ? [readFileSync(extra, 'utf8')] : [])];
}

function read(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const flag = name === 'SSL_CERT_FILE' ? name : `--${name}`;
    throw new UsageError(`${flag} ${show(file)} cannot be read: ${(error as Error).message}`);
  }
}
