/** Numbers of yamux's wire format, version 0 (hashicorp/yamux, spec.md). All integers are big-endian. */

/** Version, type, flags (2 bytes), stream id (4), length (4). */
export const HEADER_BYTES = 12;

export const PROTOCOL_VERSION = 0;

/** What a frame's length field means: bytes that follow, window added, id of a ping, reason. */
export const FrameType = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** Bits of the flags field. On a ping, `syn` marks the question and `ack` the answer. */
export const Flag = { none: 0, syn: 1, ack: 2, fin: 4, rst: 8 } as const;

/** Why a peer wants no more streams. All but `normal` end the session at once. */
export const GoAwayCode = { normal: 0, protocolError: 1, internalError: 2 } as const;
export type GoAwayCode = (typeof GoAwayCode)[keyof typeof GoAwayCode];

/** What each side may send on a new stream before it hears of the other's window. */
export const PROTOCOL_WINDOW_BYTES = 262_144;

/** Ids, deltas and windows are 32 bits wide. */
export const MAX_UINT32 = 0xffff_ffff;
