import { types } from 'node:util';
import { StorageFullError } from '../file-storage';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The `code` of an error of the operating system, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Lack of room told apart from all else that may fail on a disk. */
export function diskFault(error: unknown): Error {
  const code = errnoOf(error);
  if (code !== undefined && FULL.has(code)) {
    return new StorageFullError(`no room in the folder of uploads: ${code}`, { cause: error });
  }
  return types.isNativeError(error) ? error : new Error('the folder of uploads failed', { cause: error });
}

/** Waits for something on the disk, and takes it as done when there was nothing to do it to. @returns whether there was */
export async function unlessMissing(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
