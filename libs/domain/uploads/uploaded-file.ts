/** One stored upload. That there is a record makes its content visible; nothing else does. */
export interface UploadedFile {
  readonly id: string;
  /** Who issued its token: an account, or `UPLOAD_ADMIN`. */
  readonly accountId: string;
  /** The token it was uploaded with; absent where uploads need none. */
  readonly tokenId?: string;
  /** Where the storage has it; opaque. */
  readonly storageKey: string;
  /** Shown to people and offered for saving; never a path. */
  readonly name: string;
  /** In bytes; at least 1. */
  readonly size: number;
  /** Media type as its first bytes tell. */
  readonly type: string;
  /** Of the content, 64 lower-case hex digits. */
  readonly sha256: string;
  readonly ownerLabel?: string;
  /** The sub-account that issued its token; only it and the main account may see the file. */
  readonly iuid?: string;
  /** SHA-256 of the `Idempotency-Key` it was sent with, 64 lower-case hex digits. */
  readonly idempotencyHash?: string;
  readonly createdAt: Date;
}

/** What is to be told of a stored upload, until it has been or nobody tries any more. */
export interface UploadCallback {
  readonly id: string;
  readonly accountId: string;
  readonly fileId: string;
  readonly url: string;
  /** See `UploadCallbackTarget`. */
  readonly secretKeyId: string;
  readonly secretEnvelope: string;
  /** JSON, sent as it is. */
  readonly payload: string;
  /** Deliveries that failed. */
  readonly attempts: number;
  /** When it is tried next. */
  readonly dueAt: Date;
  readonly createdAt: Date;
}
