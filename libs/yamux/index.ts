export { Flag, FrameType, HEADER_BYTES, PROTOCOL_WINDOW_BYTES } from './constants';
export type { YamuxRole } from './stream-registry';
export { WindowBudget } from './window-budget';
export { YamuxError, type YamuxErrorCode } from './yamux-error';
export { YamuxSession, type YamuxSessionOptions } from './yamux-session';
export { YamuxStream } from './yamux-stream';
