import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useTemporaryFolder } from '@tollgate/testing';
import { TRAFFIC_LIMITS } from './limits';
import { ParkedReports } from './parked-reports';
import { type TrafficReport, reportBody } from './traffic-report';

const REPORT: TrafficReport = {
  tokenId: 'tt_1',
  token: 'secret',
  region: 'eu',
  proxyName: 'web "1"\n',
  key: 'k1',
  inBytes: 1,
  outBytes: 2,
  timestamp: 1_700_000_000,
};

describe('ParkedReports', () => {
  const folder = useTemporaryFolder();
  let path: string;
  let parked: ParkedReports;
  beforeEach(() => {
    path = join(folder(), 'parked.jsonl');
    parked = new ParkedReports(path);
  });

  it('adds one line of JSON for each report, in a file that is its owner alone to read', async () => {
    await parked.add(REPORT, 400);
    await parked.add({ ...REPORT, key: 'k2' }, 422);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { status: 400, key: 'k1', report: JSON.parse(reportBody(REPORT)) as unknown },
      { status: 422, key: 'k2', report: JSON.parse(reportBody(REPORT)) as unknown },
    ]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('begins anew when the file is longer than it may be, and keeps that one before it', async () => {
    await parked.add(REPORT, 400);
    const { size } = await stat(path);
    await writeFile(path, Buffer.alloc(TRAFFIC_LIMITS.parkedBytes - size, 'a'));
    await parked.add(REPORT, 400);
    expect((await stat(path)).size).toBe(TRAFFIC_LIMITS.parkedBytes);
    await parked.add(REPORT, 400);
    await expect(stat(path)).rejects.toThrow('ENOENT');
    expect((await stat(`${path}.old`)).size).toBe(TRAFFIC_LIMITS.parkedBytes + size);
    await parked.add(REPORT, 400);
    expect((await stat(path)).size).toBe(size);
  });
});
