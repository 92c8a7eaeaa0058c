/** Questions that one end of a link asks, and what is answered, by their topics. */
export type QuestionTable<Q> = {
  readonly [Topic in keyof Q]: { readonly question: unknown; readonly answer: unknown };
};

/** News that one end of a link tells, by their topics. */
export type NewsTable<N> = { readonly [Topic in keyof N]: unknown };

export type LinkMessage =
  | { readonly ask: number; readonly topic: string; readonly payload: unknown }
  | { readonly answer: number; readonly payload?: unknown; readonly error?: string }
  | { readonly tell: string; readonly payload: unknown };

/** Whether a message is one of a link; what comes from the same build is not checked further. */
export function isLinkMessage(message: unknown): message is LinkMessage {
  return (
    typeof message === 'object' && message !== null && ('ask' in message || 'answer' in message || 'tell' in message)
  );
}
