/**
 * Gathers chunks into parts, each in a buffer of its own; all but the last have the full size.
 * @param before bytes that the first part begins with
 * @throws whatever `chunks` throws, after what came before it was handed over
 */
export async function* partsOf(
  before: Buffer,
  chunks: AsyncIterable<Buffer>,
  partBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  let gathered: Buffer[] = [before];
  let bytes = before.length;
  let fault: { readonly error: unknown } | undefined;
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) break;
      let chunk = next.value;
      while (bytes + chunk.length >= partBytes) {
        const room = partBytes - bytes;
        yield Buffer.concat([...gathered, chunk.subarray(0, room)]);
        gathered = [];
        bytes = 0;
        chunk = chunk.subarray(room);
      }
      if (chunk.length > 0) gathered.push(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    fault = { error };
  }
  // Nothing new, when all there is stood there before.
  const isNew = gathered.length > 1 || gathered[0] !== before;
  if (bytes > 0 && isNew) yield Buffer.concat(gathered);
  if (fault !== undefined) throw fault.error;
}
