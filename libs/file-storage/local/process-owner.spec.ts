import { spawnSync } from 'node:child_process';
import { hasEnded, ownProcess } from './process-owner';

describe('hasEnded', () => {
  const self = ownProcess();

  it('does not take this process for ended', () => {
    expect(hasEnded(ownProcess(), self)).toBe(false);
  });

  it('takes a process that is not there for ended', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);

    expect(hasEnded({ ...self, pid }, self)).toBe(true);
  });

  it('knows nothing of a process on another machine, whatever its number', () => {
    expect(hasEnded({ ...self, machine: '000000000000', pid: 2_147_483_647 }, self)).toBe(false);
  });

  if (process.platform === 'linux') {
    it('takes one that had the number of a living process before it for ended', () => {
      expect(hasEnded({ ...self, startTicks: '1' }, self)).toBe(true);
      expect(hasEnded({ ...self, pid: process.ppid, startTicks: '1' }, self)).toBe(true);
    });

    it('takes one whose start is unknown for alive as long as its number is', () => {
      expect(hasEnded({ ...self, startTicks: '0' }, self)).toBe(false);
    });
  }
});
