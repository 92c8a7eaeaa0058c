import type { Duplex } from 'node:stream';
import { type SecureContext, Server as TlsServer, TLSSocket } from 'node:tls';
import type { TlsMaterial } from './tls-material';

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
    if (this.material.asksForCertificate) {
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
      if (secure.authorized) {
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
}
