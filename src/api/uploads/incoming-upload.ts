import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../http/caller';
import type { UploadForm } from './upload-form';

/** An upload that is about to come in. */
export interface IncomingUpload {
  readonly headers: IncomingHttpHeaders;
  readonly caller: Caller;
  readonly form: UploadForm;
  /** Whether the client sends the body only when it is {@link invite}d to. */
  readonly awaitsInvitation: boolean;
  /** Called once, when the body is wanted; from then on it has no deadline but what its reader sets. */
  readonly invite: () => void;
}
