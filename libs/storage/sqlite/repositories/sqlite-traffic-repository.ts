import {
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
import { detached } from '../rows/token-row';
import type { SqliteReader } from '../sqlite-reader';
import type { GroupCommitWriter } from '../writer/group-commit-writer';

const DAY_MS = 86_400_000;

const COLUMNS: Readonly<Record<TrafficGrouping, string>> = {
  day: 'day',
  proxy: 'proxy',
  'day-and-proxy': 'day, proxy',
};

interface TotalRow {
  readonly day?: number;
  readonly proxy?: string;
  readonly in_bytes: number;
  readonly out_bytes: number;
}

/** Traffic in the embedded store. */
export class SqliteTrafficRepository extends TrafficRepository {
  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
  ) {
    super();
  }

  override async add(
    { token, isKnownToken, proxyName, inBytes, outBytes, day }: ReceivedTraffic,
    key: TrafficReportKey | undefined,
    now: Date,
  ): Promise<TrafficReceipt> {
    return this.writer.submit({
      verb: 'traffic.add',
      input: {
        tokenHash: detached(token.hash),
        tokenId: token.id,
        accountId: token.accountId ?? '',
        rootId: token.rootId === token.id ? '' : (token.rootId ?? ''),
        isKnownToken,
        proxy: proxyName,
        inBytes,
        outBytes,
        day,
        key: key === undefined ? null : { hash: detached(key.hash), fingerprint: detached(key.fingerprint) },
        atMs: now.getTime(),
      },
    });
  }

  override async totals(
    accountId: string,
    tokenId: string,
    days: TrafficDays,
    grouping: TrafficGrouping,
  ): Promise<readonly TrafficTotal[]> {
    return this.read('token_id = @tokenId AND account_id = @accountId', { accountId, tokenId, ...days }, grouping);
  }

  override async totalsAcrossAccounts(
    tokenId: string,
    days: TrafficDays,
    grouping: TrafficGrouping,
  ): Promise<readonly TrafficTotal[]> {
    return this.read('token_id = @tokenId', { tokenId, ...days }, grouping);
  }

  override async rotatedTotal({ rootId, accountId = '' }: RotatedTokens, days: TrafficDays): Promise<number> {
    const row = this.reader.get(
      `SELECT total(in_bytes + out_bytes) AS bytes FROM traffic_days
       WHERE token_id IN (SELECT @rootId
         UNION SELECT token_id FROM traffic_tokens WHERE root_id = @rootId AND root_id <> '' AND account_id = @accountId)
       AND account_id = @accountId AND day >= @fromDay AND day < @toDay`,
      { rootId, accountId, ...days },
    );
    return (row as { readonly bytes: number }).bytes;
  }

  override async purge(now: Date, limit: number): Promise<number> {
    return this.writer.submit({
      verb: 'traffic.purge',
      input: {
        keysBeforeMs: now.getTime() - TRAFFIC_KEY_MEMORY_MS,
        beforeDay: Math.floor(now.getTime() / DAY_MS) - TRAFFIC_DAYS_KEPT,
        limit,
      },
    });
  }

  private read(
    condition: string,
    parameters: Readonly<Record<string, string | number>>,
    grouping: TrafficGrouping,
  ): TrafficTotal[] {
    const columns = COLUMNS[grouping];
    const rows = this.reader.all(
      `SELECT ${columns}, sum(in_bytes) AS in_bytes, sum(out_bytes) AS out_bytes FROM traffic_days
       WHERE ${condition} AND day >= @fromDay AND day < @toDay GROUP BY ${columns} ORDER BY ${columns}`,
      parameters,
    ) as TotalRow[];
    return rows.map(({ day, proxy, in_bytes: inBytes, out_bytes: outBytes }) => ({
      ...(day !== undefined && { day }),
      ...(proxy !== undefined && { proxyName: proxy }),
      inBytes,
      outBytes,
    }));
  }
}
