import { UploadError } from './upload-error';

const RETRY_AFTER_SECONDS = 5;

/** One upload, for as long as it takes. */
export interface RunningUpload {
  /** When nothing of it is left to be done; more than once does nothing. */
  end(): void;
}

/** The uploads that this process takes at a time, of every kind. */
export class RunningUploads {
  private readonly running = new Set<RunningUpload>();
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly max: number) {}

  get count(): number {
    return this.running.size;
  }

  /** @throws UploadError TOO_MANY_UPLOADS */
  begin(): RunningUpload {
    if (this.running.size >= this.max) {
      throw new UploadError('TOO_MANY_UPLOADS', 'too many uploads are under way; try again in a moment', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    const upload: RunningUpload = {
      end: () => {
        this.running.delete(upload);
        if (this.running.size === 0) for (const tell of this.waiting.splice(0)) tell();
      },
    };
    this.running.add(upload);
    return upload;
  }

  /** When none runs; at once when that is so. */
  async settled(): Promise<void> {
    if (this.running.size === 0) return;
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
