import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { type SecureContext, Server as TlsServer, TLSSocket } from 'node:tls';
import type { TlsMaterial } from './tls-material';

/** What Node says of a certificate that OpenSSL takes for self-signed. */
const SELF_SIGNED = 'DEPTH_ZERO_SELF_SIGNED_CERT';
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';
const ANY_USAGE = '2.5.29.37.0';

/** Takes TLS off connections. */
export class TlsAcceptor {
  private context: SecureContext;

  constructor(private material: TlsMaterial) {
    this.context = material.context;
  }

  /** For connections that come from now on. */
  setMaterial(material: TlsMaterial): void {
    this.material = material;
    this.context = material.context;
  }

  /**
   * @param socket has not been read from, or has had put back what was read
   * @param done called when the handshake is over
   * @param failed called with the reason when it can't be; the socket is destroyed then
   */
  accept(socket: Duplex, done: (secure: TLSSocket) => void, failed: (reason: string) => void): void {
    if (this.material.trusted.length > 0) {
      this.acceptVerified(socket, done, failed);
      return;
    }
    // TLSSocket takes any stream of bytes in both directions, whatever its type says.
    const secure = new TLSSocket(socket, { isServer: true, secureContext: this.context });
    const onFailure = (error?: unknown): void => {
      secure.destroy();
      failed(error instanceof Error ? error.message : 'it was closed');
    };
    secure.once('error', onFailure).once('close', onFailure);
    secure.once('secure', () => {
      secure.off('error', onFailure).off('close', onFailure);
      done(secure);
    });
  }

  /**
   * A TLSSocket does not say whether the client's certificate was good, only a server does; and a server does not say which of its
   * connections it is that has become a TLSSocket. So each has a server of its own, which costs a millisecond.
   */
  private acceptVerified(socket: Duplex, done: (secure: TLSSocket) => void, failed: (reason: string) => void): void {
    // Asked for and judged here, as a server that rejects by itself does not say why.
    const server = new TlsServer({ ...this.material.options, requestCert: true, rejectUnauthorized: false });
    server.once('secureConnection', (secure) => {
      if (secure.authorized || this.isSignedByTrusted(secure)) {
        done(secure);
        return;
      }
      secure.on('error', () => undefined).destroy();
      failed(`its certificate was refused: ${String(secure.authorizationError)}`);
    });
    server.once('tlsClientError', (error) => {
      socket.destroy();
      failed(error.message);
    });
    server.emit('connection', socket);
  }

  /**
   * OpenSSL takes a certificate for self-signed whose name is that of its signer, as frp's own generator makes them; Go looks at the
   * signature. Only certificates that one of the trusted has signed itself come this way.
   */
  private isSignedByTrusted(secure: TLSSocket): boolean {
    if (String(secure.authorizationError) !== SELF_SIGNED) return false;
    const certificate = secure.getPeerX509Certificate();
    const now = new Date();
    return (
      certificate !== undefined &&
      isForClients(certificate) &&
      isValidAt(certificate, now) &&
      this.material.trusted.some(
        (signer) =>
          signer.ca &&
          isValidAt(signer, now) &&
          certificate.checkIssued(signer) &&
          certificate.verify(signer.publicKey),
      )
    );
  }
}

function isValidAt({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  return new Date(validFrom) <= now && now <= new Date(validTo);
}

/** Whether the certificate may be shown by a client (RFC 5280, section 4.2.1.12). */
function isForClients({ keyUsage }: X509Certificate): boolean {
  // Node's name for the extended key usage; absent: for anything.
  const usages = keyUsage as readonly string[] | undefined;
  return usages === undefined || usages.includes(CLIENT_AUTHENTICATION) || usages.includes(ANY_USAGE);
}
