/** Ids become names of files and objects: nothing else gets there, whoever asks. */
const FILE_ID = /^[A-Za-z0-9_]{1,64}$/;

/** @throws RangeError when it can't be the id of a file */
export function requireFileId(fileId: string): void {
  if (!FILE_ID.test(fileId)) throw new RangeError('the id of a file is 1 to 64 characters of A-Z, a-z, 0-9 and _');
}
