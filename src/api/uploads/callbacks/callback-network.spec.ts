import type { LookupAddress } from 'node:dns';
import { CidrList } from '@tollgate/config';
import { CallbackNetwork, ForbiddenAddressError } from './callback-network';

/** A network whose resolver knows one name, with these addresses. */
function networkOf(addresses: readonly string[], allowed: readonly string[] = []): CallbackNetwork {
  return new CallbackNetwork(new CidrList(allowed), (_hostname, _options, callback) => {
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  });
}

async function lookup(network: CallbackNetwork, all = true): Promise<string | LookupAddress[]> {
  return new Promise((resolve, reject) => {
    network.lookup('receiver.example', { all }, (error, address) => {
      if (error === null) resolve(address);
      else reject(error);
    });
  });
}

describe('the network of callbacks', () => {
  it('hands over the very addresses that it has checked', async () => {
    const network = networkOf(['8.8.8.8', '2606:4700::1']);
    expect(await lookup(network)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ]);
    expect(await lookup(network, false)).toBe('8.8.8.8');
  });

  it('refuses a name of which one address is not public', async () => {
    for (const all of [true, false]) {
      await expect(lookup(networkOf(['8.8.8.8', '127.0.0.1']), all)).rejects.toThrow(ForbiddenAddressError);
    }
  });

  it('refuses a name without addresses', async () => {
    await expect(lookup(networkOf([]))).rejects.toThrow(ForbiddenAddressError);
  });

  it('reaches networks that the installation names, and only those', async () => {
    const network = networkOf(['10.1.2.3'], ['10.1.0.0/16']);
    expect(await lookup(network, false)).toBe('10.1.2.3');
    expect(network.mayReach('10.2.0.1')).toBe(false);
    expect(network.mayReach('::ffff:10.1.2.3')).toBe(true);
  });

  it("passes on the resolver's own error", async () => {
    const away = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    const network = new CallbackNetwork(new CidrList([]), (_hostname, _options, callback) => {
      callback(away, []);
    });
    await expect(lookup(network)).rejects.toBe(away);
  });

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://169.254.169.254/',
  ])('refuses the literal in %s', (url) => {
    expect(() => {
      networkOf([]).checkLiteral(new URL(url));
    }).toThrow(ForbiddenAddressError);
  });

  it('leaves names to the moment of connecting', () => {
    expect(() => {
      networkOf([]).checkLiteral(new URL('https://localhost/'));
    }).not.toThrow();
  });
});
