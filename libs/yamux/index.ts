export { Flag, FrameType, GoAwayCode, HEADER_BYTES, PROTOCOL_WINDOW_BYTES } from './constants';
export { encodeHeader } from './frame';
export { FrameDecoder, type FrameReceiver } from './frame-decoder';
export { DEFAULT_KEEP_ALIVE_INTERVAL_MS, DEFAULT_LIMITS, type YamuxLimits } from './limits';
export type { YamuxRole } from './stream-registry';
export { WindowBudget } from './window-budget';
export { YamuxError, type YamuxErrorCode } from './yamux-error';
export { YamuxSession, type YamuxSessionOptions } from './yamux-session';
export { YamuxStream } from './yamux-stream';
