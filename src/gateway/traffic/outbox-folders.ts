import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const OF_WORKER = /^worker-\d+$/;

/** Where a process of a gateway keeps its accounts. */
export interface OutboxFolders {
  readonly folder: string;
  /** Of earlier runs in another number of processes. One process, the first, looks after them. */
  readonly leftFolders: readonly string[];
}

/**
 * A gateway in one process has its accounts in the folder itself; of several each has one below it, by its place.
 * @param root need not exist
 * @param place of this process, from 0 on
 * @param count processes that serve
 */
export async function outboxFolders(root: string, place: number, count: number): Promise<OutboxFolders> {
  const names = new Set(Array.from({ length: count > 1 ? count : 0 }, (_, index) => nameOf(index)));
  const folder = count > 1 ? join(root, nameOf(place)) : root;
  if (place > 0) return { folder, leftFolders: [] };
  const left = (await foldersIn(root)).filter((name) => OF_WORKER.test(name) && !names.has(name)).sort();
  // That of a single process is opened even when it is empty: it keeps a second gateway away from all of them.
  return { folder, leftFolders: [...(count > 1 ? [root] : []), ...left.map((name) => join(root, name))] };
}

function nameOf(place: number): string {
  return `worker-${String(place + 1)}`;
}

async function foldersIn(root: string): Promise<string[]> {
  try {
    return (await readdir(root, { withFileTypes: true })).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
