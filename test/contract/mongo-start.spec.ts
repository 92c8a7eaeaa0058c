import { createServer, type Server, type Socket, connect as connectTo, type AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { AccountRepository, StoreHealth, TokenRepository, ValidationLogRepository } from '@tollgate/domain';
import { StorageModule } from '@tollgate/storage';
import { buildAccount, buildAuditRecord, buildValidationRecord } from '@tollgate/testing';
import { mongo } from 'mongoose';
import { describeWithMongo } from '../support/mongo-server';

/** The first host of a connection string. */
const HOST = /(?<=@|\/\/)([^/@?,]+):(\d+)[^/?]*/;

describeWithMongo('starting on MongoDB', (mongoForTests) => {
  let client: mongo.MongoClient;
  let database: mongo.Db;
  beforeAll(async () => {
    client = await mongo.MongoClient.connect(mongoForTests().uri);
  });
  beforeEach(() => {
    database = client.db(mongoForTests().newDatabaseName());
  });
  afterEach(() => database.dropDatabase());
  afterAll(() => client.close());

  const open = (createIndexes: boolean, uri = mongoForTests().uri) =>
    NestFactory.createApplicationContext(
      StorageModule.forRoot({ driver: 'mongo', uri, database: database.databaseName, createIndexes }),
      { logger: false, abortOnError: false },
    );

  it('makes the indexes, and again changes nothing', async () => {
    await (await open(true)).close();
    await (await open(true)).close();

    const indexes = await database.collection('tokens').indexes();
    expect(indexes.map(({ name }) => name)).toStrictEqual(
      expect.arrayContaining(['token_id_1', 'token_1', 'account_id_1_is_active_1', 'expires_at_1', 'purge_at_1']),
    );
    expect(indexes.find(({ name }) => name === 'purge_at_1')?.expireAfterSeconds).toBe(0);
    expect(indexes.find(({ name }) => name === 'token_1')?.unique).toBe(true);
  });

  it('makes none where they are somebody else’s business', async () => {
    const app = await open(false);
    await app.get(AccountRepository).insert(buildAccount({ id: 'acc_1' }), buildAuditRecord({ accountId: 'acc_1' }));
    await app.close();

    expect((await database.collection('accounts').indexes()).map(({ name }) => name)).toStrictEqual(['_id_']);
  });

  it.each([
    ['tokens', { token_id: 't', token: `sk-${'ab'.repeat(32)}` }],
    ['accounts', { email: 'a@example.com', secret_key: 'ab'.repeat(32) }],
  ])('refuses a database whose %s are the original’s, and leaves it as it was', async (collection, document) => {
    await database.collection(collection).insertOne(document);

    await expect(open(true)).rejects.toThrow(/holds records of the original service: .*tollgate import mongo/);
    expect(await database.collection(collection).indexes()).toHaveLength(1);
  });

  it('answers unavailable within seconds while MongoDB is away, and serves again when it is back', async () => {
    const gate = new Gate(mongoForTests().uri);
    const app = await open(true, await gate.open());
    try {
      const accounts = app.get(AccountRepository);
      expect(await accounts.findById('acc_1')).toBeUndefined();

      await gate.close();
      const startedMs = Date.now();
      const attempts = await Promise.allSettled([
        accounts.findById('acc_1'),
        accounts.insert(buildAccount(), buildAuditRecord({ accountId: 'acc_1' })),
        app.get(TokenRepository).findCredentialByHash(Buffer.alloc(32)),
        app.get(ValidationLogRepository).append([buildValidationRecord({ accountId: 'acc_1', tokenId: 'tk_1' })]),
        app.get(StoreHealth).ping(500),
      ]);
      expect(Date.now() - startedMs).toBeLessThan(15_000);
      for (const attempt of attempts) {
        expect(attempt).toMatchObject({ status: 'rejected', reason: { name: 'TollgateError', code: 'unavailable' } });
      }

      await gate.open();
      expect(await accounts.findById('acc_1')).toBeUndefined();
    } finally {
      await app.close();
      await gate.close();
    }
  });
});

/** A way to MongoDB that can be barred. */
class Gate {
  private server: Server | undefined;
  private port = 0;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly uri: string) {}

  /** @returns the connection string that leads through it; the same every time */
  async open(): Promise<string> {
    const [, host = '', port = ''] = HOST.exec(this.uri) ?? [];
    const server = createServer((socket) => {
      const onward = connectTo(Number(port), host);
      for (const end of [socket, onward]) {
        this.sockets.add(end);
        end.on('error', () => end.destroy());
        end.on('close', () => this.sockets.delete(end));
      }
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    const through = this.uri.replace(HOST, `127.0.0.1:${String(this.port)}`);
    return `${through}${through.includes('?') ? '&' : '/?'}directConnection=true`;
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}
