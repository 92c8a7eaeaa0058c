import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useTemporaryFolder } from '@tollgate/testing';
import { VHOST_LIMITS } from '../limits';
import { readNotFoundPage } from './not-found-page';

describe('readNotFoundPage', () => {
  const newFolder = useTemporaryFolder();

  it('reads the page of the operator up to its limit, and has one of its own', () => {
    const path = join(newFolder(), '404.html');
    writeFileSync(path, Buffer.alloc(VHOST_LIMITS.maxNotFoundPageBytes, 'x'));
    expect(readNotFoundPage(path)).toHaveLength(VHOST_LIMITS.maxNotFoundPageBytes);
    writeFileSync(path, Buffer.alloc(VHOST_LIMITS.maxNotFoundPageBytes + 1, 'x'));
    expect(() => readNotFoundPage(path)).toThrow('too long');
    expect(() => readNotFoundPage(`${path}.gone`)).toThrow('ENOENT');
    expect(readNotFoundPage().toString()).toContain('404 Not Found');
  });
});
