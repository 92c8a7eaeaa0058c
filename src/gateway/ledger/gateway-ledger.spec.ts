import { GatewayLedger } from './gateway-ledger';
import type { SessionClaim } from './session-ledger';

const A = 1;
const B = 2;

describe('GatewayLedger', () => {
  let nowMs: number;
  let ledger: GatewayLedger;
  let runIds: number;

  beforeEach(() => {
    nowMs = 0;
    runIds = 0;
    ledger = new GatewayLedger(
      () => nowMs,
      () => nowMs,
    );
  });

  const login = (session: number, fields: Partial<SessionClaim> = {}): SessionClaim => ({
    session,
    tokenId: 'tt_1',
    limitKey: fields.tokenId ?? 'tt_1',
    user: '',
    clientId: '',
    runId: '',
    newRunId: `new-${String((runIds += 1))}`,
    privilegeKey: `key-${String(session)}`,
    timestamp: session,
    address: '192.0.2.1',
    maxClients: 10,
    ...fields,
  });
  const proxy = (
    name: string,
    fields: { ports?: number; maxPorts?: number; tokenId?: string; limitKey?: string } = {},
  ) => ({
    tokenId: 'tt_1',
    limitKey: fields.tokenId ?? 'tt_1',
    name,
    ports: 1,
    maxPorts: 0,
    maxProxies: 5,
    ...fields,
  });

  describe('clients', () => {
    it('have run ids of their own, which they keep where nobody else has them', () => {
      expect(ledger.admit(A, login(1))).toEqual({ admission: { runId: 'new-1' }, former: undefined });
      expect(ledger.admit(B, login(1, { runId: 'mine' })).admission).toEqual({ runId: 'mine' });
      expect(ledger.sessions.findByRunId('mine')).toMatchObject({ member: B, session: 1 });
    });

    it('replace what they were at another process, and are counted once', () => {
      ledger.admit(A, login(7, { runId: 'mine', maxClients: 1 }));
      const { admission, former } = ledger.admit(B, login(1, { runId: 'mine', maxClients: 1 }));
      expect(admission).toEqual({ runId: 'mine' });
      expect(former).toMatchObject({ member: A, session: 7 });
      ledger.leave({ member: A, session: 7 });
      expect(ledger.sessions.countOf('tt_1')).toBe(1);
      expect(ledger.sessions.findByRunId('mine')).toMatchObject({ member: B });
    });

    it('never replace those of another tenant, whatever run id they name', () => {
      ledger.admit(A, login(1, { runId: 'mine' }));
      const { admission, former } = ledger.admit(B, login(2, { runId: 'mine', tokenId: 'tt_2' }));
      expect(admission).toEqual({ runId: 'new-2' });
      expect(former).toBeUndefined();
    });

    it('are as many as a token may have together with what it was rotated to', () => {
      const fresh = { tokenId: 'tt_2', limitKey: 'tt_1', maxClients: 2 };
      ledger.admit(A, login(1, { maxClients: 2 }));
      expect(ledger.admit(B, login(2, fresh)).admission).toHaveProperty('runId');
      expect(ledger.admit(B, login(3, fresh)).admission).toEqual({ refusal: 'clients' });
      ledger.leave({ member: A, session: 1 });
      expect(ledger.admit(B, login(3, fresh)).admission).toHaveProperty('runId');
    });

    it('are as many as their token may have, over all processes', () => {
      ledger.admit(A, login(1, { maxClients: 2 }));
      ledger.admit(B, login(2, { maxClients: 2 }));
      expect(ledger.admit(A, login(3, { maxClients: 2 })).admission).toEqual({ refusal: 'clients' });
      expect(ledger.admit(A, login(4, { maxClients: 2, tokenId: 'tt_2' })).admission).toHaveProperty('runId');
      ledger.leave({ member: B, session: 2 });
      ledger.leave({ member: B, session: 2 });
      expect(ledger.admit(A, login(5, { maxClients: 2 })).admission).toHaveProperty('runId');
      expect(ledger.admit(A, login(6, { maxClients: 2 })).admission).toEqual({ refusal: 'clients' });
    });

    it('have a name that no other client of the tenant has', () => {
      ledger.admit(A, login(1, { user: 'u', clientId: 'c', runId: 'r' }));
      expect(ledger.admit(B, login(2, { user: 'u', clientId: 'c' })).admission).toEqual({ refusal: 'client-id' });
      expect(ledger.admit(B, login(3, { user: 'v', clientId: 'c' })).admission).toHaveProperty('runId');
      expect(ledger.admit(B, login(4, { user: 'u', clientId: 'c', runId: 'r' })).admission).toHaveProperty('runId');
    });

    it('can not be replaced by somebody who repeats their login', () => {
      const mine = login(1, { runId: 'mine' });
      ledger.admit(A, mine);
      const repeated = { ...mine, address: '192.0.2.66' };
      expect(ledger.admit(B, repeated).admission).toEqual({ refusal: 'replayed' });
      expect(ledger.admit(B, { ...mine, session: 2 }).admission).toHaveProperty('runId');
    });

    it('are refused for as long as an operator wants', () => {
      ledger.blocks.block({ tokenId: 'tt_1', runId: 'mine' }, 60);
      ledger.blocks.block({ tokenId: 'tt_2' }, 60);
      expect(ledger.admit(A, login(1, { runId: 'mine' })).admission).toEqual({ refusal: 'blocked' });
      expect(ledger.admit(A, login(2, { tokenId: 'tt_2' })).admission).toEqual({ refusal: 'blocked' });
      nowMs = 60_000;
      expect(ledger.admit(A, login(1, { runId: 'mine' })).admission).toHaveProperty('runId');
    });
  });

  describe('proxies', () => {
    beforeEach(() => {
      ledger.admit(A, login(1));
      ledger.admit(B, login(1));
      ledger.admit(B, login(2, { tokenId: 'tt_2' }));
    });
    const [inA, inB, other] = [
      { member: A, session: 1 },
      { member: B, session: 1 },
      { member: B, session: 2 },
    ];

    it('have names that no other proxy of the tenant has, in any process', () => {
      expect(ledger.claimProxy(inA, proxy('web'))).toBeUndefined();
      expect(ledger.claimProxy(inB, proxy('web'))).toBe('exists');
      expect(ledger.claimProxy(other, proxy('web', { tokenId: 'tt_2' }))).toBeUndefined();
      ledger.releaseProxy(inB, 'web');
      expect(ledger.claimProxy(inB, proxy('web'))).toBe('exists');
      ledger.releaseProxy(inA, 'web');
      expect(ledger.claimProxy(inB, proxy('web'))).toBeUndefined();
    });

    it('have together as many ports as the token may', () => {
      expect(ledger.claimProxy(inA, proxy('a', { maxPorts: 2 }))).toBeUndefined();
      expect(ledger.claimProxy(inB, proxy('b', { maxPorts: 2 }))).toBeUndefined();
      expect(ledger.claimProxy(inA, proxy('c', { maxPorts: 2 }))).toBe('ports');
      expect(ledger.claimProxy(inA, proxy('d', { maxPorts: 2, ports: 0 }))).toBeUndefined();
      ledger.releaseProxy(inB, 'b');
      expect(ledger.claimProxy(inA, proxy('c', { maxPorts: 2 }))).toBeUndefined();
    });

    it('are counted together with those of what the token was rotated to', () => {
      const fresh = { tokenId: 'tt_2', limitKey: 'tt_1', maxPorts: 2 };
      expect(ledger.claimProxy(inA, proxy('a', { maxPorts: 2 }))).toBeUndefined();
      expect(ledger.claimProxy(other, proxy('a', fresh))).toBeUndefined();
      expect(ledger.claimProxy(other, proxy('b', fresh))).toBe('ports');
      ledger.releaseProxy(inA, 'a');
      expect(ledger.claimProxy(other, proxy('b', fresh))).toBeUndefined();
    });

    it('are nobody’s whose session is over or replaced', () => {
      expect(ledger.claimProxy({ member: A, session: 99 }, proxy('a'))).toBe('gone');
      ledger.claimProxy(inA, proxy('b'));
      ledger.leave(inA);
      expect(ledger.claimProxy(inA, proxy('a'))).toBe('gone');
      expect(ledger.claimProxy(inB, proxy('b'))).toBeUndefined();
    });

    it('are refused while an operator has them closed', () => {
      ledger.blocks.block({ tokenId: 'tt_1', proxy: 'web' }, 60);
      expect(ledger.claimProxy(inA, proxy('web'))).toBe('blocked');
      expect(ledger.claimProxy(other, proxy('web', { tokenId: 'tt_2' }))).toBeUndefined();
    });
  });

  describe('ports', () => {
    const wish = (owner: string, requested: number) => ({ owner, requested, allowed: [{ start: 7001, end: 7002 }] });

    it('are one process’s at a time, for tcp and udp apart', () => {
      expect(ledger.reservePort(A, 'tcp', wish('a', 7001))).toBe(7001);
      expect(() => ledger.reservePort(B, 'tcp', wish('b', 7001))).toThrow('port already used');
      expect(ledger.reservePort(B, 'udp', wish('b', 7001))).toBe(7001);
      ledger.releasePort(B, 'tcp', 'b', 7001);
      expect(() => ledger.reservePort(B, 'tcp', wish('b', 7001))).toThrow('port already used');
      ledger.releasePort(A, 'tcp', 'a', 7001);
      expect(ledger.reservePort(B, 'tcp', wish('b', 7001))).toBe(7001);
    });

    it('are free again when they could not be listened on', () => {
      const wanted = wish('a', 7001);
      ledger.settlePort(A, 'tcp', wanted, ledger.reservePort(A, 'tcp', wanted), false);
      expect(ledger.reservePort(B, 'tcp', wish('b', 7001))).toBe(7001);
    });

    it('that a proxy had at random are remembered for it at every process', () => {
      const wanted = wish('a', 0);
      const port = ledger.reservePort(A, 'tcp', wanted);
      ledger.settlePort(A, 'tcp', wanted, port, true);
      ledger.dropMember(A);
      expect(ledger.reservePort(B, 'tcp', { ...wanted, remembered: true })).toBe(port);
    });
  });

  it('frees all that a process had when it ends, and nothing of the others', () => {
    ledger.admit(A, login(1, { runId: 'a', maxClients: 2 }));
    ledger.admit(B, login(1, { runId: 'b', maxClients: 2 }));
    ledger.claimProxy({ member: A, session: 1 }, proxy('a', { maxPorts: 2 }));
    ledger.claimProxy({ member: B, session: 1 }, proxy('b', { maxPorts: 2 }));
    ledger.reservePort(A, 'tcp', { owner: 'a', requested: 7001, allowed: [{ start: 7001, end: 7009 }] });
    ledger.reservePort(B, 'tcp', { owner: 'b', requested: 7002, allowed: [{ start: 7001, end: 7009 }] });
    ledger.dropMember(A);
    const after = { member: B, session: 2 };
    expect(ledger.admit(B, login(2, { runId: 'a', maxClients: 2 }))).toMatchObject({
      admission: { runId: 'a' },
      former: undefined,
    });
    expect(ledger.claimProxy(after, proxy('a', { maxPorts: 2 }))).toBeUndefined();
    expect(ledger.claimProxy(after, proxy('b'))).toBe('exists');
    expect(ledger.claimProxy(after, proxy('c', { maxPorts: 2 }))).toBe('ports');
    const request = (requested: number) => ({ owner: 'c', requested, allowed: [{ start: 7001, end: 7009 }] });
    expect(ledger.reservePort(B, 'tcp', request(7001))).toBe(7001);
    expect(() => ledger.reservePort(B, 'tcp', request(7002))).toThrow('port already used');
  });
});
