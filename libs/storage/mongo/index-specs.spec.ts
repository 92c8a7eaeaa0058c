import { MONGO_INDEXES, type MongoIndexSpec } from './index-specs';

function find(collection: string, name: string): MongoIndexSpec | undefined {
  return MONGO_INDEXES.find((index) => index.collection === collection && index.name === name);
}

describe('the indexes on MongoDB', () => {
  it.each([
    ['accounts', 'email_1'],
    ['accounts', 'access_key_1'],
    ['accounts', 'qiniu_uid_1'],
  ])('%s %s is unique among the accounts that have the field', (collection, name) => {
    expect(find(collection, name)).toMatchObject({ unique: true, sparse: true });
  });

  it.each(['token_id_1', 'token_1'])('tokens %s is unique among all tokens', (name) => {
    expect(find('tokens', name)?.unique).toBe(true);
    expect(find('tokens', name)?.sparse).toBeUndefined();
  });

  it('covers the look-ups of the contract', () => {
    expect(find('tokens', 'account_id_1_is_active_1')?.key).toStrictEqual({ account_id: 1, is_active: 1 });
    expect(find('tokens', 'expires_at_1')).toBeDefined();
    expect(find('audit_logs', 'account_id_1_timestamp_-1')?.key).toStrictEqual({ account_id: 1, timestamp: -1 });
    expect(find('audit_logs', 'action_1')).toBeDefined();
  });

  it('lets tokens go at purge_at, but none whose audit records still wait in it', () => {
    expect(find('tokens', 'purge_at_1')).toMatchObject({
      expireAfterSeconds: 0,
      partialFilterExpression: { audit_pending: false },
    });
  });

  it('lets audit records go after 90 days, and claims when their time is over', () => {
    expect(find('audit_logs', 'timestamp_1')?.expireAfterSeconds).toBe(90 * 24 * 60 * 60);
    expect(find('replay_claims', 'expires_at_1')?.expireAfterSeconds).toBe(0);
  });

  it('lets usage go with its token, and validation records at their own time', () => {
    expect(find('token_usage', 'purge_at_1')?.expireAfterSeconds).toBe(0);
    expect(find('validation_log', 'purge_at_1')?.expireAfterSeconds).toBe(0);
  });

  it('finds the days to fold among those that still have hours only', () => {
    expect(find('token_usage', 'day_1')?.partialFilterExpression).toStrictEqual({ hours: { $exists: true } });
  });

  it('lets upload tokens go at ttl_at, but none whose upload or audit records are not handed on', () => {
    expect(find('upload_tokens', 'ttl_at_1')).toMatchObject({
      expireAfterSeconds: 0,
      partialFilterExpression: { audit_pending: false },
    });
    expect(find('upload_tokens', 'token_1')?.unique).toBe(true);
  });

  it('lets no file and no callback go by itself', () => {
    const ttl = MONGO_INDEXES.filter(({ expireAfterSeconds }) => expireAfterSeconds !== undefined);
    expect(ttl.map(({ collection }) => collection)).not.toContain('uploaded_files');
    expect(ttl.map(({ collection }) => collection)).not.toContain('upload_callbacks');
  });

  it("adds up an account's bytes from an index alone", () => {
    const sum = find('uploaded_files', 'account_id_1_state_1_size_1__id_1');
    expect(Object.keys(sum?.key ?? {})).toStrictEqual(['account_id', 'state', 'size', '_id']);
  });

  it.each(['accounts', 'tokens', 'upload_tokens', 'uploaded_files', 'upload_callbacks'])(
    'finds the documents of %s that wait for the sweep among those alone',
    (collection) => {
      expect(find(collection, 'audit_pending_1')?.partialFilterExpression).toStrictEqual({ audit_pending: true });
    },
  );

  it('names each index the way MongoDB does, once a collection', () => {
    const names = MONGO_INDEXES.map(({ collection, name }) => `${collection}.${name}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, key } of MONGO_INDEXES) {
      expect(name).toBe(
        Object.entries(key)
          .map(([field, direction]) => `${field}_${String(direction)}`)
          .join('_'),
      );
    }
  });
});
