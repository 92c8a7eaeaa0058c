import { compare, hash } from 'bcrypt';

/** bcrypt reads no further than this. */
export const MAX_PASSWORD_BYTES = 72;

/** Hashes passwords and SecretKeys with bcrypt. */
export class SecretHasher {
  /** @param cost bcrypt's log2 rounds */
  constructor(private readonly cost: number) {}

  hash(secret: string): Promise<string> {
    return hash(secret, this.cost);
  }

  matches(secret: string, hashed: string): Promise<boolean> {
    return compare(secret, hashed);
  }
}
