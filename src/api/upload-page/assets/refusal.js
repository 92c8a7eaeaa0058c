/** A request that was refused, or that got no answer. */
export class Refusal extends Error {
  /**
   * @param {string} code of the contract, or one of ours: `NETWORK`, `CANCELLED`, `UNKNOWN`
   * @param {string} [detail] what the service says about it, in English
   * @param {number} [retryAfterSeconds]
   */
  constructor(code, detail = '', retryAfterSeconds) {
    super(detail === '' ? code : detail);
    this.code = code;
    this.detail = detail;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * What an answer that is no success says.
 * @param {number} status
 * @param {unknown} body its JSON, when it is any
 * @param {string | null} retryAfter its header
 */
export function refusalOf(status, body, retryAfter) {
  const { code, error } = /** @type {{ code?: unknown, error?: unknown }} */ (
    typeof body === 'object' && body !== null ? body : {}
  );
  const seconds = Number.parseInt(retryAfter ?? '', 10);
  return new Refusal(
    typeof code === 'string' ? code : codeOf(status),
    typeof error === 'string' ? error : `HTTP ${String(status)}`,
    Number.isNaN(seconds) ? undefined : seconds,
  );
}

/**
 * For answers that are not the service's own, such as a proxy's.
 * @param {number} status
 */
function codeOf(status) {
  if (status === 404) return 'NOT_FOUND';
  if (status === 413) return 'FILE_TOO_LARGE';
  if (status === 429) return 'RATE_LIMITED';
  return status >= 500 ? 'UNAVAILABLE' : 'UNKNOWN';
}
