import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Model } from 'mongoose';
import { toBuffer } from '../schemas/binary';
import { TrafficDayDocument, trafficDayId, trafficMark, TrafficReportDocument } from '../schemas/traffic.schema';
import { onStore } from '../store-errors';

/** How long a mark stays in the document of its day; several times as long as any write may be under way. */
export const MARK_MEMORY_MS = 300_000;

/** Takes marks of reports out of the documents of their days, once nobody can be about to count them again. */
@Injectable()
export class TrafficMarks {
  constructor(
    @InjectModel(TrafficDayDocument.name) private readonly days: Model<TrafficDayDocument>,
    @InjectModel(TrafficReportDocument.name) private readonly reports: Model<TrafficReportDocument>,
  ) {}

  /** @returns how many reports it was done for, at most `limit` */
  async remove(now: Date, limit: number): Promise<number> {
    const due = { state: 'counted' as const, counted_at: { $lt: new Date(now.getTime() - MARK_MEMORY_MS) } };
    const found = await onStore(() => this.reports.find(due).limit(limit).lean<TrafficReportDocument[]>().exec());
    const byDay = new Map<string, Buffer[]>();
    for (const report of found) {
      const id = trafficDayId(report);
      byDay.set(id, [...(byDay.get(id) ?? []), trafficMark(toBuffer(report._id))]);
    }
    for (const [id, marks] of byDay) {
      await onStore(() => this.days.updateOne({ _id: id }, { $pullAll: { marks } }));
    }
    const ids = found.map(({ _id }) => toBuffer(_id));
    if (ids.length > 0) {
      await onStore(() =>
        this.reports.updateMany({ _id: { $in: ids } }, { $set: { state: 'done' }, $unset: { counted_at: 1 } }),
      );
    }
    return found.length;
  }
}
