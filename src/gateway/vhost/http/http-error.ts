/** What is wrong with a message. */
export type HttpErrorCode =
  | 'bad_first_line'
  | 'bad_field'
  | 'bad_host'
  | 'bad_framing'
  | 'bad_chunk'
  | 'bad_expectation'
  | 'head_too_large'
  | 'unsupported_framing'
  | 'unsupported_version';

/** A message of HTTP/1 that is not passed on: malformed, ambiguous, or larger than it may be. */
export class HttpError extends Error {
  constructor(readonly code: HttpErrorCode) {
    super(code);
    this.name = 'HttpError';
  }

  /** What a user is answered who has sent such a request. */
  get status(): number {
    switch (this.code) {
      case 'head_too_large':
        return 431;
      case 'unsupported_framing':
        return 501;
      case 'unsupported_version':
        return 505;
      case 'bad_expectation':
        return 417;
      case 'bad_first_line':
      case 'bad_field':
      case 'bad_host':
      case 'bad_framing':
      case 'bad_chunk':
        return 400;
    }
  }
}
