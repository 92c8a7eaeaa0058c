import fc from 'fast-check';
import { type MasterKey, StaticMasterKeyRing, newMasterKey } from './master-key-ring';
import { SealBrokenError, SecretSealer } from './secret-sealer';

const OLD = newMasterKey();
const NEW = newMasterKey();
const SECRET = `SK_${'5a'.repeat(32)}`;

const sealerWith = (...keys: readonly MasterKey[]): SecretSealer => new SecretSealer(new StaticMasterKeyRing(keys));

describe('SecretSealer', () => {
  it('opens what it sealed, for any secret and any account', () => {
    const sealer = sealerWith(NEW);
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'grapheme' }), (account, secret) => {
        expect(sealer.open(account, sealer.seal(account, secret))).toBe(secret);
      }),
    );
  });

  it('writes v1.{key id}.{nonce}.{ciphertext and tag} and nothing readable', () => {
    const sealed = sealerWith(NEW).seal('acc_1', SECRET);
    expect(sealed.keyId).toBe(NEW.id);
    expect(sealed.envelope).toMatch(new RegExp(`^v1\\.${NEW.id}\\.[\\w-]{16}\\.[\\w-]+$`));
    expect(sealed.envelope).not.toContain(SECRET);
    expect(Buffer.from(sealed.envelope.split('.')[3] ?? '', 'base64url').includes(SECRET)).toBe(false);
  });

  it('never seals the same secret to the same envelope', () => {
    const sealer = sealerWith(NEW);
    const envelopes = Array.from({ length: 500 }, () => sealer.seal('acc_1', SECRET).envelope);
    expect(new Set(envelopes).size).toBe(500);
  });

  it('does not open an envelope in the row of another account', () => {
    const sealer = sealerWith(NEW);
    const sealed = sealer.seal('acc_1', SECRET);
    expect(() => sealer.open('acc_2', sealed)).toThrow(SealBrokenError);
  });

  it('does not open an envelope with any one bit flipped', () => {
    const sealer = sealerWith(NEW);
    const sealed = sealer.seal('acc_1', SECRET);
    const [version, keyId, ...parts] = sealed.envelope.split('.');
    parts.forEach((part, index) => {
      const bytes = Buffer.from(part, 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const changed = parts.with(index, flipped.toString('base64url'));
        const envelope = [version, keyId, ...changed].join('.');
        expect(() => sealer.open('acc_1', { keyId: sealed.keyId, envelope })).toThrow(SealBrokenError);
      }
    });
  });

  it.each(['', 'v1', 'v1.k.n', 'v2.k.AAAAAAAAAAAAAAAA.AAAA', 'v1.k.AAAAAAAAAAAAAAAA.AAAA.x', 'v1.k.AAAA.AAAA'])(
    'says of the damaged envelope %j that it is damaged',
    (envelope) => {
      const named = envelope.replace('.k.', `.${NEW.id}.`);
      expect(() => sealerWith(NEW).open('acc_1', { keyId: NEW.id, envelope: named })).toThrow(SealBrokenError);
    },
  );

  it('opens with an older key of a rotated ring, and seals with the current one', () => {
    const sealed = sealerWith(OLD).seal('acc_1', SECRET);
    const rotated = sealerWith(NEW, OLD);
    expect(rotated.open('acc_1', sealed)).toBe(SECRET);
    expect(rotated.seal('acc_1', SECRET).keyId).toBe(NEW.id);
  });

  it('names a master key that is not in the ring', () => {
    const sealed = sealerWith(OLD).seal('acc_1', SECRET);
    expect(() => sealerWith(NEW).open('acc_1', sealed)).toThrow(`needs master key ${OLD.id}`);
  });

  it('does not open with another key of the same id', () => {
    const sealed = sealerWith(OLD).seal('acc_1', SECRET);
    expect(() => sealerWith({ id: OLD.id, key: NEW.key }).open('acc_1', sealed)).toThrow(SealBrokenError);
  });

  it('tells no secret and no key in its errors', () => {
    const sealed = sealerWith(OLD).seal('acc_1', SECRET);
    for (const open of [() => sealerWith(NEW).open('acc_1', sealed), () => sealerWith(OLD).open('acc_2', sealed)]) {
      let shown = '';
      try {
        open();
      } catch (error) {
        shown = (error as Error).stack ?? '';
      }
      expect(shown).not.toBe('');
      expect(shown).not.toContain(SECRET);
      expect(shown).not.toContain(OLD.key.toString('base64'));
    }
  });
});
