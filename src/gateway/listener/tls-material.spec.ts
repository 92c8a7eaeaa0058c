import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useTemporaryFolder } from '@tollgate/testing';
import { createSelfSigned } from './self-signed';
import { TlsMaterialError, loadTlsMaterial } from './tls-material';

describe('loadTlsMaterial', () => {
  const now = new Date('2026-11-23T12:00:00Z');
  const newFolder = useTemporaryFolder();
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
  });

  it('makes a certificate at the first start, which only its owner may read, and keeps it', async () => {
    await loadTlsMaterial({}, folder, now);
    const path = join(folder, 'tls.pem');
    const first = readFileSync(path, 'utf8');
    expect(first).toContain('BEGIN CERTIFICATE');
    expect(first).toContain('BEGIN PRIVATE KEY');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await loadTlsMaterial({}, folder, now);
    expect(readFileSync(path, 'utf8')).toBe(first);
  });

  it('has two processes that start at once show the same certificate', async () => {
    await Promise.all([loadTlsMaterial({}, folder, now), loadTlsMaterial({}, folder, now)]);
    expect(readFileSync(join(folder, 'tls.pem'), 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
  });

  it('takes files, and makes none of its own then', async () => {
    const { cert, key } = await createSelfSigned(now);
    const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
    writeFileSync(files.certFile, cert);
    writeFileSync(files.keyFile, key);
    await loadTlsMaterial({ ...files, trustedCaFile: files.certFile }, folder, now);
    expect(() => readFileSync(join(folder, 'tls.pem'))).toThrow('ENOENT');
  });

  it.each(['certFile', 'keyFile', 'trustedCaFile'] as const)('says which file can not be used: %s', async (field) => {
    const { cert, key } = await createSelfSigned(now);
    const files = { certFile: join(folder, 'a'), keyFile: join(folder, 'b'), trustedCaFile: join(folder, 'c') };
    writeFileSync(files.certFile, cert);
    writeFileSync(files.keyFile, key);
    writeFileSync(files.trustedCaFile, cert);
    writeFileSync(files[field], 'nonsense');
    await expect(loadTlsMaterial(files, folder, now)).rejects.toThrow(TlsMaterialError);
    await expect(loadTlsMaterial(files, folder, now)).rejects.toThrow(files[field]);
    await expect(loadTlsMaterial({ ...files, [field]: join(folder, 'absent') }, folder, now)).rejects.toThrow('ENOENT');
  });

  it('refuses a key that is not that of the certificate', async () => {
    const files = { certFile: join(folder, 'a'), keyFile: join(folder, 'b') };
    writeFileSync(files.certFile, (await createSelfSigned(now)).cert);
    writeFileSync(files.keyFile, (await createSelfSigned(now)).key);
    await expect(loadTlsMaterial(files, folder, now)).rejects.toThrow(TlsMaterialError);
  });
});
