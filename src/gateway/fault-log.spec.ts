import { recordingLog } from '@tollgate/testing';
import { FaultLog } from './fault-log';

describe('FaultLog', () => {
  it('tells of a fault, then of none for a second, and then how many it has left out', () => {
    let nowMs = 0;
    const { log, lines } = recordingLog();
    const faults = new FaultLog(log, () => nowMs);
    const fault = new TypeError('broken');
    faults.report('datagram', fault);
    nowMs = 999;
    faults.report('datagram', fault);
    faults.report('timer', fault);
    expect(lines).toHaveLength(1);
    nowMs = 1_000;
    faults.report('timer', fault);
    expect(lines.map(({ fields }) => fields)).toEqual([
      { err: fault, where: 'datagram' },
      { err: fault, where: 'timer', leftOut: 2 },
    ]);
  });
});
