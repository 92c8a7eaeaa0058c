import type { TunnelTokenRecordCommit } from '@tollgate/domain';

/** See `TunnelTokenRecordWrite`. */
export type TunnelTokenRowWrite =
  | {
      readonly kind: 'insert';
      readonly hash: Uint8Array;
      readonly document: string;
      readonly keyId: string;
      readonly envelope: string;
    }
  | { readonly kind: 'replace'; readonly hash: Uint8Array; readonly document: string; readonly version: number }
  | { readonly kind: 'delete'; readonly hash: Uint8Array; readonly version: number };

/** Every write of tunnel tokens; see `WriteVerbs`. */
export interface TunnelTokenWriteVerbs {
  'tunnelToken.commit': { input: { writes: readonly TunnelTokenRowWrite[] }; result: TunnelTokenRecordCommit };
  'tunnelToken.reseal': {
    input: { hash: Uint8Array; fromKeyId: string; fromEnvelope: string; toKeyId: string; toEnvelope: string };
    result: boolean;
  };
}
