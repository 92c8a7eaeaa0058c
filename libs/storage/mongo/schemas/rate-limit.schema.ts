import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import type { RateLimit } from '@tollgate/domain';

/** Limits of one subject; a window without a limit is left out. */
@Schema({ _id: false })
export class RateLimitDocument {
  @Prop({ type: Number })
  requests_per_minute?: number;

  @Prop({ type: Number })
  requests_per_hour?: number;

  @Prop({ type: Number })
  requests_per_day?: number;
}

export const RateLimitSchema = SchemaFactory.createForClass(RateLimitDocument);

export function toRateLimitDocument(limit: RateLimit): RateLimitDocument {
  return {
    ...(limit.requestsPerMinute === undefined ? {} : { requests_per_minute: limit.requestsPerMinute }),
    ...(limit.requestsPerHour === undefined ? {} : { requests_per_hour: limit.requestsPerHour }),
    ...(limit.requestsPerDay === undefined ? {} : { requests_per_day: limit.requestsPerDay }),
  };
}

export function toRateLimit(document: RateLimitDocument): RateLimit {
  return {
    ...(document.requests_per_minute === undefined ? {} : { requestsPerMinute: document.requests_per_minute }),
    ...(document.requests_per_hour === undefined ? {} : { requestsPerHour: document.requests_per_hour }),
    ...(document.requests_per_day === undefined ? {} : { requestsPerDay: document.requests_per_day }),
  };
}
