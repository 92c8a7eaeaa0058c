import { CidrList } from '@tollgate/config';
import type { FastifyRequest } from 'fastify';
import { MetricsReaders } from './metrics-access';

const ALLOWED = new CidrList(['10.1.0.0/16', '2001:db8::/32']);
const PROXIES = new CidrList(['127.0.0.1', '10.9.9.9']);

/** @param client as TRUST_PROXY resolves it; by default the peer */
function from(peer: string, headers: Record<string, string> = {}, client = peer): FastifyRequest {
  return { socket: { remoteAddress: peer }, ip: client, headers } as unknown as FastifyRequest;
}

describe('MetricsReaders', () => {
  const readers = new MetricsReaders(ALLOWED, PROXIES);

  it.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1', '10.1.2.3', '::ffff:10.1.2.3', '2001:db8::5'])(
    'include %s',
    (peer) => {
      expect(readers.include(from(peer))).toBe(true);
    },
  );

  it.each(['10.2.0.1', '192.0.2.1', '2001:db9::1', '', 'nonsense', '1127.0.0.1'])('do not include %j', (peer) => {
    expect(readers.include(from(peer))).toBe(false);
  });

  it('include a client of a network that a named proxy speaks for', () => {
    expect(readers.include(from('10.9.9.9', { 'x-forwarded-for': '10.1.0.7' }, '10.1.0.7'))).toBe(true);
    expect(readers.include(from('10.9.9.9', { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'))).toBe(false);
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip'])(
    'do not include what came through a proxy on this machine, told by %s',
    (name) => {
      expect(readers.include(from('127.0.0.1', { [name]: '127.0.0.1' }, '127.0.0.1'))).toBe(false);
    },
  );

  it('do not believe a forwarding header of a peer that is no proxy, though its own network may read', () => {
    expect(readers.include(from('10.1.0.1', { 'x-forwarded-for': '10.1.0.7' }))).toBe(false);
    expect(readers.include(from('192.0.2.1', { 'x-forwarded-for': '127.0.0.1' }))).toBe(false);
  });

  it('are only this machine when no network is named', () => {
    const own = new MetricsReaders(new CidrList([]), PROXIES);
    expect(own.include(from('127.0.0.1'))).toBe(true);
    expect(own.include(from('10.1.2.3'))).toBe(false);
  });
});
