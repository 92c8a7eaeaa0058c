/**
 * Bounds of frp's wire protocols. Every length is checked when its header is read, before anything is kept; on a breach the reader
 * throws a `WireError`, after which the logical stream is to be closed. They are the protocol's own: no setting changes them.
 */

/**
 * The longest JSON body of a v1 message, in bytes, in both directions (golib `msg/json`, `maxMsgLength`). Reading: `message_too_long`.
 * Writing: the same, since frpc would close the stream.
 */
export const MAX_V1_BODY_BYTES = 10_240;

/**
 * The longest payload of a v2 frame, in bytes, in both directions: hellos, and messages with their 2-byte id (frp
 * `pkg/proto/wire/wire.go`). Reading and writing: `message_too_long`.
 */
export const MAX_V2_PAYLOAD_BYTES = 65_536;

/** The most plaintext in one record of the encrypted v2 control, in bytes (golib `crypto/aead_stream.go`). Reading: `bad_record`. */
export const MAX_RECORD_PLAINTEXT_BYTES = 65_536;

/** Records of one direction of an encrypted v2 control: AES-GCM's bound for one key. Reading and writing: `too_many_records`. */
export const MAX_GCM_RECORDS = 2 ** 32;

/** What both ends contribute to the keys of an encrypted v2 control, in bytes. A hello with another length is refused. */
export const HELLO_RANDOM_BYTES = 32;
