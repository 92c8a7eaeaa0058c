/**
 * Where IVs, nonces and randoms come from: `randomBytes` of node:crypto, or recorded bytes when a recording is played again.
 * @param size bytes wanted
 */
export type RandomBytes = (size: number) => Buffer;
