import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useTemporaryFolder } from '@tollgate/testing';
import { outboxFolders } from './outbox-folders';

describe('the folders of the traffic outbox', () => {
  const newFolder = useTemporaryFolder();
  const withWorkers = (...names: string[]): string => {
    const root = newFolder();
    for (const name of names) mkdirSync(join(root, name));
    writeFileSync(join(root, 'journal'), '');
    return root;
  };

  it('are one for a single process, and what workers of before have left', async () => {
    const root = withWorkers('worker-2', 'worker-1', 'something-else');
    await expect(outboxFolders(root, 0, 1)).resolves.toEqual({
      folder: root,
      leftFolders: [join(root, 'worker-1'), join(root, 'worker-2')],
    });
  });

  it('are one for each worker, and the first looks after what nobody has now', async () => {
    const root = withWorkers('worker-1', 'worker-2', 'worker-3');
    await expect(outboxFolders(root, 0, 2)).resolves.toEqual({
      folder: join(root, 'worker-1'),
      leftFolders: [root, join(root, 'worker-3')],
    });
    await expect(outboxFolders(root, 1, 2)).resolves.toEqual({ folder: join(root, 'worker-2'), leftFolders: [] });
  });

  it('need not be there', async () => {
    const root = join(newFolder(), 'none');
    await expect(outboxFolders(root, 0, 1)).resolves.toEqual({ folder: root, leftFolders: [] });
  });
});
