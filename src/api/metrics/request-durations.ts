import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DurationHistogram } from './duration-histogram';

const SECOND_MS = 1_000;
/** What is asked for under no route of ours counts together: a stranger's paths must not become labels. */
const NO_ROUTE = 'none';

/** Durations of one route and status. */
export interface RouteDurations {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly histogram: DurationHistogram;
}

/** How long requests took, by route and status. */
@Injectable()
export class RequestDurations {
  private readonly byRoute = new Map<string, Map<number, RouteDurations>>();

  /** Counts every answer that goes through Fastify's reply, when it is sent. */
  register(fastify: FastifyInstance): void {
    // Not onResponse: for that Fastify listens to each answer's end, prepared ones included.
    fastify.addHook('onSend', (request, reply, payload, done) => {
      this.record(request, reply.statusCode);
      done(null, payload);
    });
  }

  /** For answers that go around Fastify's reply; the others are counted by themselves. */
  record(request: FastifyRequest, status: number): void {
    const { method } = request;
    const route = request.routeOptions.url ?? NO_ROUTE;
    let byStatus = this.byRoute.get(`${method} ${route}`);
    if (byStatus === undefined) {
      byStatus = new Map();
      this.byRoute.set(`${method} ${route}`, byStatus);
    }
    let durations = byStatus.get(status);
    if (durations === undefined) {
      durations = { method, route, status, histogram: new DurationHistogram() };
      byStatus.set(status, durations);
    }
    const nowMs = performance.now();
    durations.histogram.record((nowMs - (request.raw.startedMs ?? nowMs)) / SECOND_MS);
  }

  all(): readonly RouteDurations[] {
    return [...this.byRoute.values()].flatMap((byStatus) => [...byStatus.values()]);
  }
}
