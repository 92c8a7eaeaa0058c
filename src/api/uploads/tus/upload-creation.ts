import { type UploadToken, type UploadedFile, newFileId } from '@tollgate/domain';
import { UploadError } from '../upload-error';
import { BrokenOffError } from '../upload-form';
import { endsToken } from '../upload-refusals';
import { UnknownOutcomeError } from '../unknown-outcome-error';
import { HandledUpload } from './handled-upload';
import type { PieceIntake } from './piece-intake.service';
import type { OpenUpload, ResumableUploads } from './resumable-uploads.service';
import type { TusRequest } from './tus-request';
import type { TusProgress, TusUpload } from './tus-store';
import type { UploadNote } from './upload-note';
import { SOLE_TURN } from './upload-turns';

/**
 * An upload that a request begins, and may bring content for. It exists from {@link create} on, and outlives the request only
 * if its client is answered: who does not learn its address can't go on with it.
 */
export class UploadCreation implements TusUpload {
  readonly id = newFileId();
  /** Absent until it exists. */
  open: OpenUpload | undefined;
  private handled: HandledUpload | undefined;

  constructor(
    private readonly uploads: ResumableUploads,
    private readonly intake: PieceIntake,
    private readonly request: TusRequest,
    private readonly token: UploadToken | undefined,
    private readonly idempotencyKey: string | undefined,
  ) {}

  /** The file that it has become by this request. */
  get finished(): UploadedFile | undefined {
    return this.handled?.finished;
  }

  async create(size: number, metadata: UploadNote['metadata']): Promise<void> {
    if (size === 0) throw new UploadError('EMPTY_FILE', 'the file is empty');
    const { id, token, idempotencyKey, request, uploads, intake } = this;
    const { caller } = request;
    this.open = await uploads.begin({ id, token, size, metadata, idempotencyKey, caller });
    this.handled = new HandledUpload(uploads, intake, request, SOLE_TURN, this.open, { size, offset: 0 });
  }

  look(): Promise<TusProgress> {
    return this.begun.look();
  }

  write(offset: number): Promise<number> {
    return this.begun.write(offset);
  }

  remove(): Promise<void> {
    return this.begun.remove();
  }

  /** @throws BrokenOffError for an unfinished upload whose client does not hear of it */
  assertAnswerable(): void {
    if (this.finished === undefined && this.request.isGone()) throw new BrokenOffError('the client went away');
  }

  /**
   * Leaves nothing of an upload whose request failed, and has its token work again.
   * @param error that the request failed with
   */
  async giveUp(error: unknown): Promise<void> {
    // What ends a token was refused with all there was of it.
    if (this.open === undefined || this.finished !== undefined || endsToken(error)) return;
    const received = this.request.body.takeReceived();
    if (error instanceof UnknownOutcomeError) await this.uploads.leave(this.open, received);
    else await this.uploads.terminate(this.open, received);
  }

  private get begun(): HandledUpload {
    if (this.handled === undefined) throw new Error('the upload has not begun yet');
    return this.handled;
  }
}
