/** What is kept with a resumable upload: no client can write it, and none is shown more of it than its own metadata. */
export interface UploadNote {
  readonly accountId: string;
  /** Absent where uploads need none. */
  readonly tokenId?: string;
  readonly idempotencyKey?: string;
  readonly createdAt: Date;
  /** As the client gave it when it began the upload. */
  readonly metadata: Readonly<Record<string, string | null>>;
}

export function formatNote(note: UploadNote): string {
  return JSON.stringify(note);
}

/** @param text that {@link formatNote} made */
export function parseNote(text: string): UploadNote {
  const note = JSON.parse(text) as Omit<UploadNote, 'createdAt'> & { readonly createdAt: string };
  return { ...note, createdAt: new Date(note.createdAt) };
}

/** The name that the file is sent as, in one of the ways that clients name it. */
export function sentNameOf({ metadata }: UploadNote): string | undefined {
  return metadata['filename'] ?? metadata['name'] ?? undefined;
}
