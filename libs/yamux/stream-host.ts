import type { FrameWriter } from './frame-writer';
import type { YamuxLimits } from './limits';
import type { SendScheduler } from './send-scheduler';
import type { WindowGrowth } from './window-growth';

/** What a stream needs of its session. */
export interface StreamHost {
  readonly limits: YamuxLimits;
  readonly writer: FrameWriter;
  readonly scheduler: SendScheduler;
  readonly growth: WindowGrowth;
  /** The stream has its first reader. */
  accepted(id: number): void;
  /** The stream sends and takes no more frames. */
  forget(id: number): void;
}
