import { mongo } from 'mongoose';

const METHODS = ['insertOne', 'updateOne', 'deleteOne', 'findOneAndUpdate'] as const;

/** A write of the MongoDB driver. */
export type DriverWrite = (typeof METHODS)[number];

type DriverMethod = (this: mongo.Collection, ...args: unknown[]) => Promise<unknown>;

/**
 * Lets a verb get as far as one write of the driver, which then never happens, nor any later one: its process has died.
 * @returns what the verb answered, or the error it failed with
 */
export async function dyingAt(method: DriverWrite, collection: string, verb: () => Promise<unknown>): Promise<unknown> {
  let isDead = false;
  const prototype = driver();
  const spies = METHODS.map((name) => {
    const original = prototype[name];
    return jest.spyOn(prototype, name).mockImplementation(function (this: mongo.Collection, ...args) {
      isDead ||= name === method && this.collectionName === collection;
      return isDead ? Promise.reject(new Error('the process is gone')) : original.apply(this, args);
    });
  });
  const outcome = await verb().catch((error: unknown) => error);
  for (const spy of spies) spy.mockRestore();
  expect(isDead).toBe(true);
  return outcome;
}

/**
 * Does something else the next time that this process is about to make a write.
 * @param act may make the write itself
 * @returns ends this, and fails when it has not come to it
 */
export function insteadOf(
  method: DriverWrite,
  collection: string,
  act: (write: () => Promise<unknown>) => Promise<unknown>,
): () => void {
  const prototype = driver();
  const original = prototype[method];
  let isDone = false;
  const spy = jest.spyOn(prototype, method).mockImplementation(async function (this: mongo.Collection, ...args) {
    const write = (): Promise<unknown> => original.apply(this, args);
    if (isDone || this.collectionName !== collection) return write();
    isDone = true;
    return act(write);
  });
  return () => {
    spy.mockRestore();
    expect(isDone).toBe(true);
  };
}

function driver(): Record<DriverWrite, DriverMethod> {
  return mongo.Collection.prototype as never;
}
