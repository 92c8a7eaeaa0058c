import { MAX_PASSWORD_BYTES, SecretHasher } from './secret-hasher';

describe('SecretHasher', () => {
  const hasher = new SecretHasher(4);

  it('matches the secret it hashed and no other', async () => {
    const hashed = await hasher.hash('correct horse');
    expect(hashed).toMatch(/^\$2b\$04\$/);
    await expect(hasher.matches('correct horse', hashed)).resolves.toBe(true);
    await expect(hasher.matches('correct horsf', hashed)).resolves.toBe(false);
  });

  it('salts: the same secret hashes differently', async () => {
    expect(await hasher.hash('correct horse')).not.toBe(await hasher.hash('correct horse'));
  });

  it('tells two secrets apart in their last allowed byte', async () => {
    const most = 'a'.repeat(MAX_PASSWORD_BYTES);
    const hashed = await hasher.hash(most);
    await expect(hasher.matches(most, hashed)).resolves.toBe(true);
    await expect(hasher.matches(`${most.slice(1)}b`, hashed)).resolves.toBe(false);
  });
});
