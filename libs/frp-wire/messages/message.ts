import { MESSAGES } from './message-table';
import type { PartialStructOf, StructOf } from './struct';

type Messages = typeof MESSAGES;

export type MessageType = keyof Messages;

/** A message as it was received: every field is there, with Go's zero value where the peer left it out. */
export type MessageOf<T extends MessageType> = {
  [K in T]: { readonly type: K } & StructOf<Messages[K]['fields']>;
}[T];

/** A message to be sent: a field that isn't given, or is zero, isn't written. */
export type OutgoingMessageOf<T extends MessageType> = {
  [K in T]: { readonly type: K } & PartialStructOf<Messages[K]['fields']>;
}[T];

export type FrpMessage = MessageOf<MessageType>;

/** Every {@link FrpMessage} is one too. */
export type OutgoingMessage = OutgoingMessageOf<MessageType>;

const TYPES = Object.keys(MESSAGES) as readonly MessageType[];
const BY_V1_TYPE = new Map<number, MessageType>(TYPES.map((type) => [MESSAGES[type].v1Type, type]));
const BY_V2_ID = new Map<number, MessageType>(TYPES.map((type) => [MESSAGES[type].v2Id, type]));

export function findTypeOfV1(v1Type: number): MessageType | undefined {
  return BY_V1_TYPE.get(v1Type);
}

export function findTypeOfV2(v2Id: number): MessageType | undefined {
  return BY_V2_ID.get(v2Id);
}
