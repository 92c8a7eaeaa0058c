import type { UploadedFile } from '@tollgate/domain';
import type { PartialUpload } from '@tollgate/file-storage';
import type { PieceIntake } from './piece-intake.service';
import type { OpenUpload, ResumableUploads } from './resumable-uploads.service';
import type { TusRequest } from './tus-request';
import type { TusProgress, TusUpload } from './tus-store';
import type { Turn } from './upload-turns';

/** An upload in the hands of one request, in its turn. */
export class HandledUpload implements TusUpload {
  readonly id: string;
  /** The file that it has become by this request. */
  finished: UploadedFile | undefined;
  private readonly size: number;
  private offset: number;

  constructor(
    private readonly uploads: ResumableUploads,
    private readonly intake: PieceIntake,
    private readonly request: Pick<TusRequest, 'body' | 'invite'>,
    private readonly turn: Turn,
    private readonly open: OpenUpload,
    { size, offset }: Pick<PartialUpload, 'size' | 'offset'>,
  ) {
    this.id = open.grant.fileId;
    this.size = size;
    this.offset = offset;
  }

  /** All of it is there; one that is no file yet lost its process over that. */
  get isWhole(): boolean {
    return this.offset === this.size;
  }

  async look(): Promise<TusProgress> {
    await this.finishIfWhole();
    const { size, offset, open } = this;
    return { size, offset, metadata: open.note.metadata };
  }

  async write(offset: number): Promise<number> {
    if (this.finished !== undefined) return this.offset;
    this.request.invite();
    this.offset = await this.intake.take(this.open, this.size, offset, this.request.body, this.turn.signal);
    await this.finishIfWhole();
    return this.offset;
  }

  async remove(): Promise<void> {
    await this.uploads.terminate(this.open);
  }

  private async finishIfWhole(): Promise<void> {
    if (this.isWhole) this.finished ??= await this.intake.finish(this.open, this.size, this.turn);
  }
}
