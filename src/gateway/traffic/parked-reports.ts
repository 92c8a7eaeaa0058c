import { open, rename } from 'node:fs/promises';
import { TRAFFIC_LIMITS } from './limits';
import { reportBody, type TrafficReport } from './traffic-report';

const FILE_MODE = 0o600;

/**
 * Reports that the receiver will never take, one JSON line each with their status, for a person to look at: in a file, and
 * the one before it.
 */
export class ParkedReports {
  /** @param path of the file; the older one has `.old` behind it */
  constructor(private readonly path: string) {}

  /** On the disk when it resolves. */
  async add(report: TrafficReport, status: number): Promise<void> {
    const line = `{"status":${String(status)},"key":${JSON.stringify(report.key)},"report":${reportBody(report)}}\n`;
    const file = await open(this.path, 'a', FILE_MODE);
    let size: number;
    try {
      await file.writeFile(line);
      await file.datasync();
      ({ size } = await file.stat());
    } finally {
      await file.close();
    }
    if (size > TRAFFIC_LIMITS.parkedBytes) await rename(this.path, `${this.path}.old`);
  }
}
