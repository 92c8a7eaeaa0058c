import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { DurationHistogram } from '@tollgate/observability';

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

/** One route, to count into. */
export interface RouteByStatus {
  readonly method: string;
  readonly route: string;
  readonly byStatus: Map<number, RouteDurations>;
}

/** How long requests took, by route and status. */
@Injectable()
export class RequestDurations {
  private readonly routes = new Map<string, RouteByStatus>();

  /** Counts every answer that goes through Fastify's reply, when it is sent. */
  register(fastify: FastifyInstance): void {
    // Not onResponse: for that Fastify listens to each answer's end, prepared ones included.
    fastify.addHook('onSend', (request, reply, payload, done) => {
      const route = this.of(request.method, request.routeOptions.url ?? NO_ROUTE);
      this.record(route, reply.statusCode, request.raw.startedMs);
      done(null, payload);
    });
  }

  /** The durations of a route, for {@link record}. */
  of(method: string, route: string): RouteByStatus {
    const name = `${method} ${route}`;
    let found = this.routes.get(name);
    if (found === undefined) {
      found = { method, route, byStatus: new Map() };
      this.routes.set(name, found);
    }
    return found;
  }

  /**
   * For answers that go around Fastify's reply; the others are counted by themselves.
   * @param startedMs when the request's head had been read, by `performance.now()`
   */
  record({ method, route, byStatus }: RouteByStatus, status: number, startedMs: number | undefined): void {
    let durations = byStatus.get(status);
    if (durations === undefined) {
      durations = { method, route, status, histogram: new DurationHistogram() };
      byStatus.set(status, durations);
    }
    const nowMs = performance.now();
    durations.histogram.record((nowMs - (startedMs ?? nowMs)) / SECOND_MS);
  }

  all(): readonly RouteDurations[] {
    return [...this.routes.values()].flatMap(({ byStatus }) => [...byStatus.values()]);
  }
}
