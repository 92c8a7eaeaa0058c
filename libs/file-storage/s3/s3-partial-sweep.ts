import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { SWEPT_PAGES, SWEPT_PARTIALS } from './limits';
import { partialFolder } from './object-key';
import type { S3Objects } from './s3-objects';

const NAME = /^([A-Za-z0-9_]{1,64})\.(?:json|tail)$/;

/**
 * Goes through what there is of resumable uploads. A run that has read or looked at enough, or has failed at one, leaves the
 * others to the next.
 */
export class S3PartialSweep {
  /** Where the next run goes on; absent: from the start. */
  #after: string | undefined;

  constructor(
    private readonly objects: S3Objects,
    private readonly prefix: string,
  ) {}

  /**
   * @param settle called with the ids of those of which something is older than that; may be called twice with the same
   * @returns how many times `settle` said that it removed something
   */
  async run(before: Date, settle: (fileId: string) => Promise<boolean>): Promise<number> {
    let removed = 0;
    let looked = 0;
    for (let page = 0; page < SWEPT_PAGES; page += 1) {
      const { Contents = [], IsTruncated } = await this.#list();
      for (const { Key = '', LastModified } of Contents) {
        this.#after = Key;
        const fileId = NAME.exec(Key.slice(partialFolder(this.prefix).length))?.[1];
        if (fileId === undefined || LastModified === undefined || LastModified >= before) continue;
        if (await settle(fileId)) removed += 1;
        looked += 1;
        if (looked === SWEPT_PARTIALS) return removed;
      }
      if (IsTruncated !== true) {
        this.#after = undefined;
        break;
      }
    }
    return removed;
  }

  async #list(): Promise<ListObjectsV2CommandOutput> {
    const Prefix = partialFolder(this.prefix);
    return this.objects.attempt('listing objects', ({ sdk, client }) =>
      client.send(new sdk.s3.ListObjectsV2Command({ Bucket: this.objects.bucket, Prefix, StartAfter: this.#after })),
    );
  }
}
