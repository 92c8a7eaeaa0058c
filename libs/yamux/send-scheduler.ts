import type { FrameWriter } from './frame-writer';

/** What a {@link SendScheduler} sends for. The two fields are the scheduler's. */
export interface Sender {
  isScheduled: boolean;
  nextScheduled: Sender | undefined;
  /**
   * Sends one frame, if it can.
   * @returns whether it could send another
   */
  sendFrame(writer: FrameWriter): boolean;
}

/**
 * Lets the streams that have data, and window for it, send in turn: one frame each, so that none waits for another's bulk. It stops
 * when the transport has enough, which keeps the way short for what comes then: pongs, window updates, other streams.
 *
 * The queue is linked through the senders themselves: nothing is allocated, and each is in it once.
 */
export class SendScheduler {
  private first: Sender | undefined;
  private last: Sender | undefined;
  private isRunning = false;

  constructor(private readonly writer: FrameWriter) {}

  /** Whether a frame that is written now would overtake nobody's, and has room. */
  get isFree(): boolean {
    return this.first === undefined && !this.isRunning && this.writer.takesData();
  }

  /** `sender` has something to send, and sends it now if it can. */
  schedule(sender: Sender): void {
    this.append(sender);
    this.run();
  }

  /** Sends until the transport has enough. A call from within is left to the one that runs. */
  run(): void {
    if (this.isRunning || this.first === undefined || !this.writer.takesData()) return;
    this.isRunning = true;
    this.writer.cork();
    while (this.writer.takesData()) {
      const sender = this.takeFirst();
      if (sender === undefined) break;
      if (sender.sendFrame(this.writer)) this.append(sender);
    }
    this.isRunning = false;
    this.writer.uncork();
  }

  private takeFirst(): Sender | undefined {
    const sender = this.first;
    if (sender === undefined) return undefined;
    this.first = sender.nextScheduled;
    if (this.first === undefined) this.last = undefined;
    sender.isScheduled = false;
    sender.nextScheduled = undefined;
    return sender;
  }

  private append(sender: Sender): void {
    if (sender.isScheduled) return;
    sender.isScheduled = true;
    if (this.last === undefined) this.first = sender;
    else this.last.nextScheduled = sender;
    this.last = sender;
  }
}
