import type { ByteStream, EndingRelays, TokenBucket } from '@tollgate/stream-kit';
import type { TrafficCounter } from '../traffic/traffic-counter';
import { encodeWorkStream } from '../work-conns/start-work-conn';
import { type UserAddresses, UserLink, type UserLinkHost } from '../work-conns/user-link';
import type { WorkWaiter } from '../work-conns/work-pool';
import type { ProxyContext } from './proxy-context';

/** The user connections of one proxy. */
export class UserLinks implements UserLinkHost {
  readonly counter: TrafficCounter;
  readonly endings: EndingRelays;
  private readonly links = new Set<UserLink>();

  constructor(private readonly context: ProxyContext) {
    this.counter = context.counter;
    this.endings = context.runtime.endings;
  }

  /** For a user who comes now. */
  get bucket(): TokenBucket | undefined {
    return this.context.gate.bucketFor(this.context.bucket);
  }

  /** Connects a user with the client. @param user is its own from now on */
  open(user: ByteStream, addresses: UserAddresses): void {
    if (!this.context.gate.enter()) {
      user.destroy();
      return;
    }
    const link = new UserLink(user, addresses, this);
    // It may be over already.
    if (!link.isOver) this.links.add(link);
  }

  /** Cuts them all. */
  close(): void {
    for (const link of this.links) link.stop();
  }

  takeWorkConnection(waiter: WorkWaiter): () => void {
    return this.context.session.takeWorkConnection(waiter, this.context.message.proxyName);
  }

  startWorkConnection(stream: ByteStream, addresses: Partial<UserAddresses>): ByteStream {
    const { session, message, runtime } = this.context;
    const { proxyName, useEncryption, useCompression } = message;
    stream.write(session.identity.codec.encode({ type: 'startWorkConn', proxyName, ...addresses }));
    const { randomBytes } = runtime;
    return encodeWorkStream(stream, { useEncryption, useCompression, key: session.key, randomBytes });
  }

  left(link: UserLink): void {
    this.links.delete(link);
    this.context.gate.leave();
    this.context.traffic.connectionClosed(this.counter);
  }
}
