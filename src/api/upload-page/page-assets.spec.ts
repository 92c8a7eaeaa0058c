import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCurrent, readPageAssets } from './page-assets';

describe('page assets', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-page-'));
    writeFileSync(join(folder, 'a.js'), 'one');
    writeFileSync(join(folder, 'tsconfig.json'), '{}');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('are the files of a page only, each with its type', () => {
    const assets = readPageAssets(folder);
    expect([...assets.keys()]).toEqual(['a.js']);
    expect(assets.get('a.js')).toMatchObject({ type: 'text/javascript; charset=utf-8', body: Buffer.from('one') });
  });

  it('have another tag once their content is another', () => {
    const before = readPageAssets(folder).get('a.js');
    expect(readPageAssets(folder).get('a.js')?.etag).toBe(before?.etag);
    writeFileSync(join(folder, 'a.js'), 'two');
    expect(readPageAssets(folder).get('a.js')?.etag).not.toBe(before?.etag);
  });

  it.each([
    [undefined, false],
    ['"else"', false],
    ['"tag"', true],
    ['W/"tag"', true],
    ['"else", W/"tag"', true],
    ['*', true],
    ['tag', false],
  ])('are current by If-None-Match: %s: %s', (header, current) => {
    expect(isCurrent({ type: 'text/css', etag: '"tag"', body: Buffer.alloc(0) }, header)).toBe(current);
  });
});
