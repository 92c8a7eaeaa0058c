import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import {
  DuplicateError,
  type ReceivedTraffic,
  type RotatedTokens,
  TRAFFIC_DAYS_KEPT,
  TRAFFIC_KEY_MEMORY_MS,
  type TrafficDays,
  type TrafficGrouping,
  type TrafficReceipt,
  type TrafficReportKey,
  TrafficRepository,
  type TrafficTotal,
} from '@tollgate/domain';
import { Model, type QueryFilter } from 'mongoose';
import { toBuffer } from '../schemas/binary';
import { dayNumber, dayStart } from '../schemas/token-usage.schema';
import {
  TrafficDayDocument,
  trafficDayId,
  trafficMark,
  TrafficReportDocument,
  TrafficTokenDocument,
} from '../schemas/traffic.schema';
import { onStore, storeUnavailable } from '../store-errors';
import { TrafficMarks } from './traffic-marks';

/** Milliseconds after which a report that was found open may not be counted any more on the strength of that. */
const COUNT_WITHIN_MS = 60_000;

type ReportFields = Pick<TrafficReportDocument, 'token_id' | 'account_id' | 'proxy' | 'day' | 'in_bytes' | 'out_bytes'>;

interface Group {
  readonly _id: { readonly day?: Date; readonly proxy?: string };
  readonly in_bytes: number;
  readonly out_bytes: number;
}

/**
 * Traffic on MongoDB, each report counted once without transactions:
 *
 * 1. the report is inserted as `open`, with its key for `_id`;
 * 2. its bytes are added to the document of its day together with its mark, unless the mark is there;
 * 3. the report becomes `counted`;
 * 4. five minutes later its mark goes, and it is `done`.
 *
 * Whoever dies in between is continued by the repetition of the report. Two at once that both find it open are kept apart by the
 * mark, which outlives by far the minute in which either may still do step 2.
 */
@Injectable()
export class MongoTrafficRepository extends TrafficRepository {
  constructor(
    @InjectModel(TrafficTokenDocument.name) private readonly tokens: Model<TrafficTokenDocument>,
    @InjectModel(TrafficDayDocument.name) private readonly days: Model<TrafficDayDocument>,
    @InjectModel(TrafficReportDocument.name) private readonly reports: Model<TrafficReportDocument>,
    private readonly marks: TrafficMarks,
  ) {
    super();
  }

  override async add(traffic: ReceivedTraffic, key: TrafficReportKey | undefined, now: Date): Promise<TrafficReceipt> {
    const fields: ReportFields = {
      ...(await this.identify(traffic)),
      proxy: traffic.proxyName,
      day: dayStart(traffic.day),
      in_bytes: traffic.inBytes,
      out_bytes: traffic.outBytes,
    };
    if (key === undefined) {
      await this.addToDay(fields, undefined);
      return 'counted';
    }
    const readMs = performance.now();
    const { hash: _id, fingerprint } = key;
    try {
      await onStore(() => this.reports.create({ _id, fingerprint, state: 'open', ...fields, at: now }));
    } catch (error) {
      if (!(error instanceof DuplicateError)) throw error;
      return this.repeat(key, now);
    }
    await this.count(_id, fields, readMs, now);
    return 'counted';
  }

  override async totals(
    accountId: string,
    tokenId: string,
    days: TrafficDays,
    grouping: TrafficGrouping,
  ): Promise<readonly TrafficTotal[]> {
    return this.read({ token_id: tokenId, account_id: accountId }, days, grouping);
  }

  override async totalsAcrossAccounts(
    tokenId: string,
    days: TrafficDays,
    grouping: TrafficGrouping,
  ): Promise<readonly TrafficTotal[]> {
    return this.read({ token_id: tokenId }, days, grouping);
  }

  override async rotatedTotal({ rootId, accountId }: RotatedTokens, days: TrafficDays): Promise<number> {
    const whose = { account_id: accountId ?? { $exists: false } };
    const tokenIds = await onStore(() => this.tokens.distinct('token_id', { root_id: rootId, ...whose }).exec());
    const groups = await onStore(() =>
      this.days
        .aggregate<{ readonly bytes: number }>([
          { $match: { token_id: { $in: [rootId, ...tokenIds] }, ...whose, day: betweenDays(days) } },
          { $group: { _id: null, bytes: { $sum: { $add: ['$in_bytes', '$out_bytes'] } } } },
        ])
        .exec(),
    );
    return groups[0]?.bytes ?? 0;
  }

  /** TTL indexes remove the same; this is for whoever wants it done at an instant of theirs, and takes old marks away. */
  override async purge(now: Date, limit: number): Promise<number> {
    await this.marks.remove(now, limit);
    const keysBefore = new Date(now.getTime() - TRAFFIC_KEY_MEMORY_MS);
    const oldKeys = await onStore(() =>
      this.reports
        .find({ at: { $lt: keysBefore } })
        .limit(limit)
        .select({ _id: 1 })
        .lean<{ _id: Buffer }[]>()
        .exec(),
    );
    const dayBefore = dayStart(dayNumber(now) - TRAFFIC_DAYS_KEPT);
    const oldDays = await onStore(() =>
      this.days
        .find({ day: { $lt: dayBefore } })
        .limit(limit)
        .select({ _id: 1 })
        .lean<{ _id: string }[]>()
        .exec(),
    );
    const keys = oldKeys.map(({ _id }) => toBuffer(_id));
    const gone = await Promise.all([
      onStore(() => this.reports.deleteMany({ _id: { $in: keys } })),
      onStore(() => this.days.deleteMany({ _id: { $in: oldDays.map(({ _id }) => _id) } })),
    ]);
    return gone.reduce((sum, { deletedCount }) => sum + deletedCount, 0);
  }

  /** Whose the traffic is, and for a token that is there: remembers it. */
  private async identify({
    token: { hash, id, accountId, rootId },
    isKnownToken,
  }: ReceivedTraffic): Promise<Pick<ReportFields, 'token_id' | 'account_id'>> {
    const given = { token_id: id, ...(accountId !== undefined && { account_id: accountId }) };
    const found = await onStore(() => this.tokens.findOne({ _id: hash }).lean<TrafficTokenDocument>().exec());
    const before = found === null ? undefined : { tokenId: found.token_id, accountId: found.account_id };
    if (!isKnownToken) {
      if (before === undefined) return given;
      return { token_id: before.tokenId, ...(before.accountId !== undefined && { account_id: before.accountId }) };
    }
    const root = rootId === id ? undefined : rootId;
    if (before?.tokenId !== id || before.accountId !== accountId || found?.root_id !== root) {
      const $unset = {
        ...(accountId === undefined && { account_id: 1 as const }),
        ...(root === undefined && { root_id: 1 as const }),
      };
      const update = {
        $set: { ...given, ...(root !== undefined && { root_id: root }) },
        // Older servers refuse an empty one.
        ...(Object.keys($unset).length > 0 && { $unset }),
      };
      await onRacing(() => this.tokens.updateOne({ _id: hash }, update, { upsert: true }));
    }
    return given;
  }

  private async repeat({ hash, fingerprint }: TrafficReportKey, now: Date): Promise<TrafficReceipt> {
    const readMs = performance.now();
    const found = await onStore(() => this.reports.findOne({ _id: hash }).lean<TrafficReportDocument>().exec());
    // Its time was over between the two looks.
    if (found === null) throw storeUnavailable(new Error('the report was forgotten just now'));
    if (!toBuffer(found.fingerprint).equals(fingerprint)) return 'conflict';
    // Not `fields`: the token may have been somebody else's by then.
    if (found.state === 'open') await this.count(hash, found, readMs, now);
    return 'repeated';
  }

  private async count(keyHash: Buffer, fields: ReportFields, readMs: number, now: Date): Promise<void> {
    if (performance.now() - readMs > COUNT_WITHIN_MS) throw storeUnavailable(new Error('the store was too slow'));
    await this.addToDay(fields, trafficMark(keyHash));
    await onStore(() =>
      this.reports.updateOne({ _id: keyHash, state: 'open' }, { $set: { state: 'counted', counted_at: now } }),
    );
  }

  /** Does nothing where the mark is there. */
  private async addToDay(fields: ReportFields, mark: Buffer | undefined): Promise<void> {
    const { token_id, account_id, proxy, day, in_bytes, out_bytes } = fields;
    const filter = { _id: trafficDayId(fields), ...(mark !== undefined && { marks: { $ne: mark } }) };
    const update = {
      $setOnInsert: { token_id, proxy, day, ...(account_id !== undefined && { account_id }) },
      $inc: { in_bytes, out_bytes },
      ...(mark !== undefined && { $push: { marks: mark } }),
    };
    // A second time the document is there: the day was begun by somebody else, or has the mark and is not found.
    const isDone = await onRacing(() => this.days.updateOne(filter, update, { upsert: true }));
    if (!isDone) await onStore(() => this.days.updateOne(filter, update));
  }

  private async read(
    whose: QueryFilter<TrafficDayDocument>,
    days: TrafficDays,
    grouping: TrafficGrouping,
  ): Promise<TrafficTotal[]> {
    const byDay = grouping !== 'proxy';
    const byProxy = grouping !== 'day';
    const groups = await onStore(() =>
      this.days
        .aggregate<Group>([
          { $match: { ...whose, day: betweenDays(days) } },
          // A name may begin with a dollar sign: behind another character nobody takes it for an expression.
          {
            $group: {
              _id: { ...(byDay && { day: '$day' }), ...(byProxy && { proxy: { $concat: ['=', '$proxy'] } }) },
              in_bytes: { $sum: '$in_bytes' },
              out_bytes: { $sum: '$out_bytes' },
            },
          },
          { $sort: { ...(byDay && { '_id.day': 1 as const }), ...(byProxy && { '_id.proxy': 1 as const }) } },
        ])
        .exec(),
    );
    return groups.map(({ _id: { day, proxy }, in_bytes: inBytes, out_bytes: outBytes }) => ({
      ...(day !== undefined && { day: dayNumber(day) }),
      ...(proxy !== undefined && { proxyName: proxy.slice(1) }),
      inBytes,
      outBytes,
    }));
  }
}

function betweenDays({ fromDay, toDay }: TrafficDays): { readonly $gte: Date; readonly $lt: Date } {
  return { $gte: dayStart(fromDay), $lt: dayStart(toDay) };
}

/** @returns false when somebody else's upsert made the document at the same time */
async function onRacing(upsert: () => Promise<unknown>): Promise<boolean> {
  try {
    await onStore(upsert);
    return true;
  } catch (error) {
    if (error instanceof DuplicateError) return false;
    throw error;
  }
}
