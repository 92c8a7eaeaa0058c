import { type AuditRecord, AuditRepository } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { FakeClock } from '@tollgate/testing';
import { AuditTrail } from './audit-trail.service';
import { REFUSAL_LIMITS, RefusalRecorder } from './refusal-recorder.service';

describe('RefusalRecorder', () => {
  let clock: FakeClock;
  let written: AuditRecord[];
  let append: (record: AuditRecord) => Promise<void>;
  let log: { readonly [level in keyof Log]: jest.Mock };
  let recorder: RefusalRecorder;

  beforeEach(() => {
    clock = new FakeClock();
    written = [];
    append = async (record) => {
      written.push(record);
    };
    log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    const repository = Object.assign(Object.create(AuditRepository.prototype) as AuditRepository, {
      append: async (record: AuditRecord) => append(record),
    });
    recorder = new RefusalRecorder(new AuditTrail(repository, clock), clock, log);
  });

  const refuse = (times: number, ip = '192.0.2.1'): void => {
    for (let time = 0; time < times; time += 1) {
      recorder.recordAuthentication({ ip, userAgent: 'curl/8' }, 'invalid signature', 'acc_1');
    }
  };
  const fromAddress = (number: number): string => `10.0.${String(number >> 8)}.${String(number & 255)}`;
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };

  it('records who was refused, why, and on whose account', () => {
    refuse(1);
    expect(written).toEqual([
      expect.objectContaining({
        action: 'authenticate',
        accountId: 'acc_1',
        resourceId: '',
        ip: '192.0.2.1',
        userAgent: 'curl/8',
        result: 'failure',
        errorMessage: 'invalid signature',
        timestamp: clock.now(),
      }),
    ]);
  });

  it('records up to the cap of one address, and no more', () => {
    refuse(REFUSAL_LIMITS.perSource);
    expect(written).toHaveLength(REFUSAL_LIMITS.perSource);
    refuse(1);
    expect(written).toHaveLength(REFUSAL_LIMITS.perSource);
    refuse(1, '192.0.2.2');
    expect(written).toHaveLength(REFUSAL_LIMITS.perSource + 1);
  });

  it('counts an account that has proved itself apart from others at its address', () => {
    refuse(REFUSAL_LIMITS.perSource + 1);
    const caller = { ip: '192.0.2.1', userAgent: '' };
    const failure = { action: 'delete_token', accountId: 'acc_1', caller, errorMessage: 'token not found' } as const;
    for (let time = 0; time <= REFUSAL_LIMITS.perSource; time += 1) recorder.record({ ...failure, isProved: true });
    expect(written.filter(({ action }) => action === 'delete_token')).toHaveLength(REFUSAL_LIMITS.perSource);
  });

  it('records up to the cap of all addresses, and no more', async () => {
    for (let number = 0; number < REFUSAL_LIMITS.total; number += 1) {
      refuse(1, fromAddress(number));
      if (number % 100 === 0) await settle();
    }
    expect(written).toHaveLength(REFUSAL_LIMITS.total);
    await settle();
    refuse(1, '203.0.113.1');
    expect(written).toHaveLength(REFUSAL_LIMITS.total);
  });

  it('does not pile up writes that the store does not take', () => {
    append = async () => new Promise(() => undefined);
    let begun = 0;
    const original = append;
    append = async (record) => {
      begun += 1;
      return original(record);
    };
    for (let number = 0; number < REFUSAL_LIMITS.inFlight + 50; number += 1) refuse(1, fromAddress(number));
    expect(begun).toBe(REFUSAL_LIMITS.inFlight);
  });

  it('starts anew after a minute, and says how many it left out', () => {
    refuse(REFUSAL_LIMITS.perSource + 7);
    clock.advance(REFUSAL_LIMITS.windowMs - 1);
    refuse(1);
    expect(written).toHaveLength(REFUSAL_LIMITS.perSource);
    clock.advance(1);
    refuse(1);
    expect(written).toHaveLength(REFUSAL_LIMITS.perSource + 2);
    expect(written.at(-2)).toMatchObject({ accountId: '', ip: '', requestData: { suppressed: 8 }, result: 'failure' });
    expect(written.at(-1)).toMatchObject({ accountId: 'acc_1' });
  });

  it('says how many it left out also when nobody is refused any more', () => {
    refuse(REFUSAL_LIMITS.perSource + 1);
    clock.advance(REFUSAL_LIMITS.windowMs);
    recorder.rollWindow();
    expect(written.at(-1)).toMatchObject({ requestData: { suppressed: 1 } });
    clock.advance(REFUSAL_LIMITS.windowMs);
    recorder.rollWindow();
    expect(written).toHaveLength(REFUSAL_LIMITS.perSource + 1);
  });

  it('remembers a bounded number of addresses', () => {
    for (let number = 0; number < REFUSAL_LIMITS.sources + 1_000; number += 1) refuse(1, `a${String(number)}`);
    expect(written.length).toBeLessThanOrEqual(REFUSAL_LIMITS.total);
  });

  it('never throws: a store that fails is told to the log', async () => {
    append = async () => {
      throw new Error('the store is away');
    };
    refuse(1);
    await settle();
    expect(log.warn).toHaveBeenCalledWith({ err: expect.any(Error) }, expect.any(String));
  });

  it('waits at its end for what it has begun, and says what it left out', async () => {
    const open: (() => void)[] = [];
    append = async (record) => {
      await new Promise<void>((resolve) => open.push(resolve));
      written.push(record);
    };
    refuse(REFUSAL_LIMITS.perSource + 3);
    let ended = false;
    const end = recorder.onModuleDestroy().then(() => {
      ended = true;
    });
    await settle();
    expect(ended).toBe(false);
    for (const resume of open) resume();
    await end;
    expect(written).toHaveLength(REFUSAL_LIMITS.perSource + 1);
    expect(written.at(-1)).toMatchObject({ requestData: { suppressed: 3 } });
  });
});
