import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import {
  type ReservationBounds,
  type ReservationState,
  type ReserveOutcome,
  UploadReservations,
  type UploadToken,
} from '@tollgate/domain';
import { Model } from 'mongoose';
import { UploadTokenDocument } from '../schemas/upload-token.schema';
import { onStore } from '../store-errors';

type ReservationFields = Pick<UploadTokenDocument, '_id' | 'attempts' | 'received_bytes' | 'holder' | 'held_until'>;

const RESERVATION_PROJECTION = { attempts: 1, received_bytes: 1, holder: 1, held_until: 1 } as const;

/** Reservations in the documents of their tokens, each changed by one write. */
@Injectable()
export class MongoUploadReservations extends UploadReservations {
  constructor(@InjectModel(UploadTokenDocument.name) private readonly tokens: Model<UploadTokenDocument>) {
    super();
  }

  /** A token that is gone is `spent`. */
  override async reserve(
    token: Pick<UploadToken, 'id' | 'accountId'>,
    holder: string,
    now: Date,
    bounds: ReservationBounds,
  ): Promise<ReserveOutcome> {
    for (;;) {
      if (await this.take(token, holder, now, bounds)) return { kind: 'reserved' };
      const current = await this.find(token);
      if (current === undefined) return { kind: 'spent' };
      const { attempts, received_bytes: receivedBytes, held_until: until } = current;
      if (until === undefined || until <= now) {
        if (attempts >= bounds.maxAttempts || receivedBytes >= bounds.maxReceivedBytes) return { kind: 'spent' };
        // It was let go since we tried to take it.
      } else if (current.holder !== holder) {
        return { kind: 'held', until };
      } else if (await this.renew(token, holder, 0, now, bounds.holdMs)) {
        return { kind: 'reserved' };
      }
    }
  }

  override async renew(
    token: Pick<UploadToken, 'id' | 'accountId'>,
    holder: string,
    receivedBytes: number,
    now: Date,
    holdMs: number,
  ): Promise<boolean> {
    const until = new Date(now.getTime() + holdMs);
    const { matchedCount } = await onStore(() =>
      this.tokens.updateOne(
        { _id: token.id, account_id: token.accountId, holder },
        { $set: { held_until: until }, $max: { ttl_at: until }, $inc: { received_bytes: receivedBytes } },
      ),
    );
    return matchedCount === 1;
  }

  override async release(
    token: Pick<UploadToken, 'id' | 'accountId'>,
    holder: string,
    receivedBytes: number,
  ): Promise<void> {
    await onStore(() =>
      this.tokens.updateOne(
        { _id: token.id, account_id: token.accountId, holder },
        { $unset: { holder: 1, held_until: 1 }, $inc: { received_bytes: receivedBytes } },
      ),
    );
  }

  override async look(
    tokens: readonly Pick<UploadToken, 'id' | 'accountId'>[],
    now: Date,
  ): Promise<ReadonlyMap<string, ReservationState>> {
    if (tokens.length === 0) return new Map();
    const accountIds = new Map(tokens.map(({ id, accountId }) => [id, accountId]));
    const found = await onStore(() =>
      this.tokens
        .find({ _id: { $in: [...accountIds.keys()] }, attempts: { $gt: 0 } })
        .select({ ...RESERVATION_PROJECTION, account_id: 1 })
        .lean<(ReservationFields & Pick<UploadTokenDocument, 'account_id'>)[]>()
        .exec(),
    );
    return new Map(
      found
        .filter(({ _id, account_id: accountId }) => accountIds.get(_id) === accountId)
        .map((fields) => [fields._id, toState(fields, now)]),
    );
  }

  private async take(
    token: Pick<UploadToken, 'id' | 'accountId'>,
    holder: string,
    now: Date,
    { holdMs, maxAttempts, maxReceivedBytes }: ReservationBounds,
  ): Promise<boolean> {
    const until = new Date(now.getTime() + holdMs);
    const { matchedCount } = await onStore(() =>
      this.tokens.updateOne(
        {
          _id: token.id,
          account_id: token.accountId,
          $or: [{ held_until: { $exists: false } }, { held_until: { $lte: now } }],
          attempts: { $lt: maxAttempts },
          received_bytes: { $lt: maxReceivedBytes },
        },
        { $set: { holder, held_until: until }, $max: { ttl_at: until }, $inc: { attempts: 1 } },
      ),
    );
    return matchedCount === 1;
  }

  private async find(token: Pick<UploadToken, 'id' | 'accountId'>): Promise<ReservationFields | undefined> {
    const fields = await onStore(() =>
      this.tokens
        .findOne({ _id: token.id, account_id: token.accountId })
        .select(RESERVATION_PROJECTION)
        .lean<ReservationFields>()
        .exec(),
    );
    return fields ?? undefined;
  }
}

function toState(fields: ReservationFields, now: Date): ReservationState {
  const { attempts, received_bytes: receivedBytes, held_until: until } = fields;
  return { attempts, receivedBytes, ...(until === undefined || until <= now ? {} : { heldUntil: until }) };
}
