import { connectionOptions, databaseInUri } from './connection-options';

describe('connectionOptions', () => {
  it.each([
    ['mongodb://h/named', undefined, 'named'],
    ['mongodb://u:p%2F@h1:1,h2:2/named?replicaSet=r', undefined, 'named'],
    ['mongodb://h', undefined, 'token_service_v2'],
    ['mongodb://h/?replicaSet=r', undefined, 'token_service_v2'],
    ['mongodb://h/named', 'set', 'set'],
  ])('takes the database of %s with the setting %s to be %s', (uri, database, expected) => {
    expect(connectionOptions(uri, database).dbName).toBe(expected);
  });

  it('waits for a majority on disk, whatever the connection string says', () => {
    expect(connectionOptions('mongodb://h/?w=0', undefined).writeConcern).toMatchObject({
      w: 'majority',
      journal: true,
    });
  });

  it('bounds every wait and queues nothing while there is no connection', () => {
    expect(connectionOptions('mongodb://h', undefined)).toMatchObject({
      bufferCommands: false,
      autoIndex: false,
      serverSelectionTimeoutMS: 5_000,
      connectTimeoutMS: 5_000,
      socketTimeoutMS: 20_000,
      waitQueueTimeoutMS: 5_000,
    });
  });

  it('refuses what is no connection string without repeating it', () => {
    const refuse = () => connectionOptions('postgres://user:hunter2@h', undefined);
    expect(refuse).toThrow('the MongoDB connection string is not valid');
    expect(refuse).not.toThrow(/hunter2/);
  });

  it('decodes a database name', () => {
    expect(databaseInUri('mongodb+srv://h/a%2Db')).toBe('a-b');
  });
});
