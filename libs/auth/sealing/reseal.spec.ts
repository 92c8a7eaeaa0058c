import { AccountRepository, type SealedSecret } from '@tollgate/domain';
import { StaticMasterKeyRing, newMasterKey } from './master-key-ring';
import { resealAll } from './reseal';
import { SecretSealer } from './secret-sealer';

const OLD = newMasterKey();
const NEW = newMasterKey();
const ring = new StaticMasterKeyRing([NEW, OLD]);
const sealer = new SecretSealer(ring);
const oldSealer = new SecretSealer(new StaticMasterKeyRing([OLD]));

/** The verbs that resealing uses, over a map; `beforeReseal` is what somebody else does in between. */
class Accounts {
  readonly sealed = new Map<string, SealedSecret>();
  beforeReseal: (accountId: string) => void = () => undefined;

  asRepository(): AccountRepository {
    return Object.assign(Object.create(AccountRepository.prototype) as AccountRepository, {
      listSealedOtherwiseAcrossAccounts: this.list.bind(this),
      reseal: this.reseal.bind(this),
    });
  }

  private async list(
    keyId: string,
    afterId: string,
    limit: number,
  ): Promise<{ accountId: string; secretSealed: SealedSecret }[]> {
    return [...this.sealed]
      .filter(([accountId, secret]) => secret.keyId !== keyId && accountId > afterId)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .slice(0, limit)
      .map(([accountId, secretSealed]) => ({ accountId, secretSealed }));
  }

  private async reseal(accountId: string, from: SealedSecret, to: SealedSecret): Promise<boolean> {
    this.beforeReseal(accountId);
    if (this.sealed.get(accountId)?.envelope !== from.envelope) return false;
    this.sealed.set(accountId, to);
    return true;
  }
}

describe('resealAll', () => {
  let accounts: Accounts;

  beforeEach(() => {
    accounts = new Accounts();
    for (let number = 0; number < 250; number += 1) {
      const id = `acc_${String(number).padStart(3, '0')}`;
      accounts.sealed.set(id, oldSealer.seal(id, `SK_${id}`));
    }
  });

  const run = async (): ReturnType<typeof resealAll> => resealAll(accounts.asRepository(), sealer, ring);

  it('seals every secret anew under the current key, and none twice', async () => {
    expect(await run()).toEqual({ resealed: 250, skipped: 0, broken: [] });
    for (const [id, secret] of accounts.sealed) {
      expect(secret.keyId).toBe(NEW.id);
      expect(sealer.open(id, secret)).toBe(`SK_${id}`);
    }
    expect(await run()).toEqual({ resealed: 0, skipped: 0, broken: [] });
  });

  it('never puts an old secret back over one that its owner regenerated meanwhile', async () => {
    accounts.beforeReseal = (id) => {
      if (id === 'acc_100') accounts.sealed.set(id, sealer.seal(id, 'SK_regenerated'));
    };
    expect(await run()).toEqual({ resealed: 249, skipped: 1, broken: [] });
    expect(sealer.open('acc_100', accounts.sealed.get('acc_100')!)).toBe('SK_regenerated');
  });

  it('takes up on the next run what was regenerated under the old key meanwhile', async () => {
    accounts.beforeReseal = (id) => {
      if (id === 'acc_100') accounts.sealed.set(id, oldSealer.seal(id, 'SK_regenerated'));
    };
    expect(await run()).toMatchObject({ skipped: 1 });
    accounts.beforeReseal = () => undefined;
    expect(await run()).toEqual({ resealed: 1, skipped: 0, broken: [] });
    expect(sealer.open('acc_100', accounts.sealed.get('acc_100')!)).toBe('SK_regenerated');
  });

  it('copes with an account that goes away meanwhile', async () => {
    accounts.beforeReseal = (id) => {
      if (id === 'acc_100') accounts.sealed.delete(id);
    };
    expect(await run()).toEqual({ resealed: 249, skipped: 1, broken: [] });
  });

  it('reports a secret that does not open, leaves it as it is, and goes on', async () => {
    const stolen = accounts.sealed.get('acc_001')!;
    accounts.sealed.set('acc_000', stolen);
    expect(await run()).toEqual({ resealed: 249, skipped: 0, broken: ['acc_000'] });
    expect(accounts.sealed.get('acc_000')).toBe(stolen);
  });

  it('can be broken off and run again', async () => {
    accounts.beforeReseal = (id) => {
      if (id === 'acc_120') throw new Error('the store went away');
    };
    await expect(run()).rejects.toThrow('the store went away');
    accounts.beforeReseal = () => undefined;
    expect(await run()).toEqual({ resealed: 130, skipped: 0, broken: [] });
  });
});
