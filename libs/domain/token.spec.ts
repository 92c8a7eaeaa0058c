import { tokenStatus } from './token';

const now = new Date('2026-01-04T10:00:00.000Z');
const at = (offsetMs: number): Date => new Date(now.getTime() + offsetMs);

describe('tokenStatus', () => {
  it('is normal while active and not yet at its end', () => {
    expect(tokenStatus({ isActive: true }, now)).toBe('normal');
    expect(tokenStatus({ isActive: true, expiresAt: at(1) }, now)).toBe('normal');
  });

  it('is expired from its end on', () => {
    expect(tokenStatus({ isActive: true, expiresAt: at(0) }, now)).toBe('expired');
    expect(tokenStatus({ isActive: true, expiresAt: at(-1) }, now)).toBe('expired');
  });

  it('is disabled when switched off, expired or not', () => {
    expect(tokenStatus({ isActive: false }, now)).toBe('disabled');
    expect(tokenStatus({ isActive: false, expiresAt: at(-1) }, now)).toBe('disabled');
  });
});
