import { SharedKey } from './shared-key';

/** Shortest operator key accepted, in characters. */
export const MIN_OPERATOR_KEY_LENGTH = 16;

/** The operators' key. */
export class OperatorKey extends SharedKey {}
