import { Injectable } from '@nestjs/common';
import type { UploadedFile } from '@tollgate/domain';
import type { IncomingUpload } from './incoming-upload';
import { UploadError } from './upload-error';
import { FORM_LIMITS } from './upload-form';
import { leastBytesOf } from './upload-head';
import { UploadPace } from './upload-pace';
import { UploadWatch } from './upload-watch';

const RETRY_AFTER_SECONDS = 5;

/**
 * Uploads that come again because their client lost the answer. Their token is spent and can't bound them any more: so
 * each brings as much as was stored at most, and one comes in at a time.
 */
@Injectable()
export class UploadRepeats {
  private readonly comingIn = new Set<string>();

  constructor(private readonly pace: UploadPace) {}

  /**
   * Reads what is sent again and throws it away: a client listens only when it has sent all, or waits to be invited.
   * @param file that the upload was stored as
   * @throws UploadError TOKEN_ALREADY_USED for one that is larger, so that it is another upload; UPLOAD_BUSY while the same
   * comes in already; UPLOAD_TOO_SLOW; BrokenOffError
   */
  async take(file: UploadedFile, { form, headers, awaitsInvitation, invite }: IncomingUpload): Promise<void> {
    if (leastBytesOf(headers) > file.size) throw larger(file);
    if (awaitsInvitation) return;
    if (this.comingIn.has(file.id)) throw busy(file);
    this.comingIn.add(file.id);
    const watch = new UploadWatch(() => undefined);
    const paced = {
      get receivedBytes() {
        return form.receivedBytes;
      },
      isListening: true,
    };
    watch.keepPace(paced, this.pace);
    try {
      invite();
      await form.discard(file.size + FORM_LIMITS.overheadBytes, larger(file), watch.signal);
    } finally {
      watch.close();
      this.comingIn.delete(file.id);
    }
  }
}

function larger(file: UploadedFile): UploadError {
  return about(file, new UploadError('TOKEN_ALREADY_USED', 'the upload token has been used, for a smaller file'));
}

function busy(file: UploadedFile): UploadError {
  const details = { retryAfterSeconds: RETRY_AFTER_SECONDS };
  return about(file, new UploadError('UPLOAD_BUSY', 'the same upload comes in already', details));
}

function about({ tokenId, accountId }: UploadedFile, error: UploadError): UploadError {
  return tokenId === undefined ? error : error.about({ id: tokenId, accountId });
}
