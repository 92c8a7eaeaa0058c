import { hash } from 'node:crypto';

const HEX = /^[0-9a-f]{32}$/iu;
/** As long as a key, and none. */
const NO_KEY = '-'.repeat(32);

/**
 * The `privilege_key` of Login, and where `auth.additionalScopes` asks for it of NewWorkConn and Ping (frp `pkg/util/util`,
 * `GetAuthKey`).
 * @param timestamp Unix seconds by the client's clock
 * @returns 32 digits of lower-case hex
 */
export function loginKey(token: string, timestamp: number): string {
  return hash('md5', token + String(timestamp));
}

/** The key of one message, to be held against any number of tokens. */
export class LoginKeyCheck {
  private readonly key: string;

  /**
   * @param key `privilege_key` as received; what isn't 32 hex digits matches no token
   * @param timestamp that of the same message
   */
  constructor(
    key: string,
    private readonly timestamp: number,
  ) {
    this.key = HEX.test(key) ? key.toLowerCase() : NO_KEY;
  }

  /** Compares all digits, whatever the first ones are. In a search over all tokens `timingSafeEqual` would be most of the time. */
  matches(token: string): boolean {
    const computed = loginKey(token, this.timestamp);
    let difference = 0;
    for (let i = 0; i < computed.length; i++) difference |= computed.charCodeAt(i) ^ this.key.charCodeAt(i);
    return difference === 0;
  }
}
