import { SharedKey } from './shared-key';

/** The upload administrator's key: UPLOAD_AUTH_TOKEN. */
export class UploadAdminKey extends SharedKey {}
