import { recordingLog } from '@tollgate/testing';
import { arrived } from '../../../test/support/proxy-harness';
import { RefusedLoginLog } from './refused-login-log';

const QUIET_MS = 60_000;
const MAX_LINES = 600;
const MAX_TEXT = 64;

describe('RefusedLoginLog', () => {
  const setUp = () => {
    const clock = { nowMs: 0 };
    const { log, lines } = recordingLog();
    return { clock, lines, refusals: new RefusedLoginLog(log, () => clock.nowMs) };
  };
  const login = arrived<'login'>({ type: 'login', user: 'u'.repeat(5_000), version: 'v'.repeat(4_000) });

  it('tells once a minute of an address, and then how many it has left out', () => {
    const { clock, lines, refusals } = setUp();
    for (let count = 0; count < 1_000; count += 1) refusals.refused(login, 'unknown', '192.0.2.1');
    clock.nowMs = QUIET_MS - 1;
    refusals.refused(login, 'unknown', '192.0.2.1');
    expect(lines).toHaveLength(1);
    clock.nowMs = QUIET_MS;
    refusals.refused(login, 'unknown', '192.0.2.1');
    expect(lines.map(({ fields }) => fields)).toEqual([
      { address: '192.0.2.1', result: 'unknown', user: 'u'.repeat(MAX_TEXT), version: 'v'.repeat(MAX_TEXT) },
      expect.objectContaining({ address: '192.0.2.1', leftOut: 1_000 }),
    ]);
  });

  it('tells of each address and each reason, and takes the addresses of one IPv6 network for one', () => {
    const { lines, refusals } = setUp();
    refusals.refused(login, 'unknown', '192.0.2.1');
    refusals.refused(login, 'expired', '192.0.2.1');
    refusals.refused(login, 'unknown', '192.0.2.2');
    refusals.refused(login, 'unknown', '2001:db8::1');
    refusals.refused(login, 'unknown', '2001:db8::2');
    expect(lines).toHaveLength(4);
  });

  it('writes so many lines a minute, however many addresses there are, and tells of all of it later', () => {
    const { clock, lines, refusals } = setUp();
    for (let count = 0; count < MAX_LINES; count += 1) refusals.refused(login, 'unknown', `host ${String(count)}`);
    expect(lines).toHaveLength(MAX_LINES);
    refusals.refused(login, 'unknown', 'host 0');
    refusals.refused(login, 'unknown', 'one more');
    expect(lines).toHaveLength(MAX_LINES);
    clock.nowMs = QUIET_MS;
    refusals.refused(login, 'unknown', 'another');
    expect(lines.at(-1)?.fields).toMatchObject({ address: 'another', leftOut: 2 });
  });
});
