import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { StorageModule, type StorageOptions } from '@tollgate/storage';

/**
 * Opens the record store for the time of one command and closes it with everything written.
 * @param use gets the context that holds the ports of `@tollgate/domain`
 */
export async function withLocalStore<T>(
  options: StorageOptions,
  use: (store: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const store = await NestFactory.createApplicationContext(StorageModule.forRoot(options), {
    // What goes wrong is thrown, and is then one line on stderr.
    logger: false,
    abortOnError: false,
  });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
