import type { IncomingMessage } from 'node:http';
import type { UploadedFile } from '@tollgate/domain';
import type { Caller } from '../../http/caller';
import type { PieceBody } from './piece-body';
import type { TusAnswer } from './tus-protocol';

/** A request below the path of resumable uploads. */
export interface TusRequest {
  readonly raw: IncomingMessage;
  /** As in its path; absent for requests that concern no upload in particular. */
  readonly uploadId: string | undefined;
  readonly caller: Caller;
  readonly body: PieceBody;
  /** Whether its body is a piece of an upload. */
  readonly hasPiece: boolean;
  /** To be called when the body is wanted. */
  readonly invite: () => void;
  /** Whether there is nobody to answer any more. */
  readonly isGone: () => boolean;
}

export interface TusOutcome extends TusAnswer {
  /** The file that the upload is. */
  readonly stored?: UploadedFile;
  /** The same, when it has become it by this request. */
  readonly finished?: UploadedFile;
}
