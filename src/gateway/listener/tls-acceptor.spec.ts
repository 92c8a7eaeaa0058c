// @peculiar/x509 can't be loaded without it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { useTemporaryFolder } from '@tollgate/testing';
import { TlsAcceptor } from './tls-acceptor';
import { loadTlsMaterial } from './tls-material';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1';
const DAY_MS = 86_400_000;

interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

interface Wanted {
  readonly name: string;
  readonly signer?: Issued;
  readonly isAuthority?: boolean;
  readonly usage?: string;
  readonly validDays?: number;
}

async function issue({ name, signer, isAuthority = false, usage, validDays = 1 }: Wanted): Promise<Issued> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: '01',
      subject: `CN=${name}`,
      issuer: signer === undefined ? `CN=${name}` : signer.certificate.subject,
      notBefore: new Date(now - 2 * DAY_MS),
      notAfter: new Date(now + validDays * DAY_MS),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: (signer?.keys ?? keys).privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(isAuthority, undefined, true),
        ...(usage === undefined ? [] : [new x509.ExtendedKeyUsageExtension([usage])]),
      ],
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = x509.PemConverter.encode(pkcs8, 'PRIVATE KEY');
  return { cert: certificate.toString('pem'), key, certificate, keys };
}

describe('TlsAcceptor, where clients must show a certificate', () => {
  const newFolder = useTemporaryFolder();
  let authority: Issued;
  let acceptor: TlsAcceptor;
  beforeEach(async () => {
    const folder = newFolder();
    authority = await issue({ name: 'same', isAuthority: true });
    const trustedCaFile = join(folder, 'ca.pem');
    writeFileSync(trustedCaFile, authority.cert);
    acceptor = new TlsAcceptor(await loadTlsMaterial({ trustedCaFile }, folder, new Date()));
  });

  /** @returns `accepted`, or why not */
  async function present(client: Pick<Issued, 'cert' | 'key'> | undefined): Promise<string> {
    let settle: (outcome: string) => void = () => undefined;
    const outcome = new Promise<string>((resolve) => {
      settle = resolve;
    });
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      acceptor.accept(
        socket,
        (secure) => {
          secure.destroy();
          settle('accepted');
        },
        settle,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const own = client === undefined ? {} : { cert: client.cert, key: client.key };
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...own });
    socket.on('error', () => undefined);
    try {
      return await outcome;
    } finally {
      socket.destroy();
      server.close();
    }
  }

  it('takes one that the trusted authority has signed', async () => {
    await expect(present(await issue({ name: 'client', signer: authority }))).resolves.toBe('accepted');
  });

  it('takes one whose name is that of its signer, which OpenSSL thinks is signed by itself', async () => {
    await expect(present(await issue({ name: 'same', signer: authority }))).resolves.toBe('accepted');
    const client = await issue({ name: 'same', signer: authority, usage: CLIENT_AUTHENTICATION });
    await expect(present(client)).resolves.toBe('accepted');
  });

  it.each<[string, () => Promise<Issued>]>([
    ['that has signed itself, under the name of the authority', () => issue({ name: 'same' })],
    ['that has signed itself, as an authority of that name', () => issue({ name: 'same', isAuthority: true })],
    [
      'of another authority of that name',
      async () => issue({ name: 'same', signer: await issue({ name: 'same', isAuthority: true }) }),
    ],
    ['of that name that has expired', () => issue({ name: 'same', signer: authority, validDays: -1 })],
    [
      'of that name that is for servers',
      () => issue({ name: 'same', signer: authority, usage: SERVER_AUTHENTICATION }),
    ],
    [
      'of another authority',
      async () => issue({ name: 'client', signer: await issue({ name: 'x', isAuthority: true }) }),
    ],
    ['that has expired', () => issue({ name: 'client', signer: authority, validDays: -1 })],
  ])('refuses one %s', async (_what, make) => {
    await expect(present(await make())).resolves.toMatch(/certificate was refused/);
  });

  it('refuses a client that shows none', async () => {
    await expect(present(undefined)).resolves.toMatch(/refused|peer did not return a certificate/);
  });
});
