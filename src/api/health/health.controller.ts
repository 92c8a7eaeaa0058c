import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { StoreHealth } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ApiAnswer, OpenRoute } from '../http/api-decorators';

const STORE_TIMEOUT_MS = 2_000;

const healthAnswer = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    store: z.object({ kind: z.string().meta({ example: 'sqlite' }), status: z.enum(['ok', 'unavailable']) }),
  })
  .meta({ id: 'Health' });

@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly store: StoreHealth,
    private readonly log: Log,
  ) {}

  @Get()
  @OpenRoute()
  @ApiOperation({ summary: 'Say whether the service can do its work' })
  @ApiAnswer(200, healthAnswer)
  @ApiAnswer(503, healthAnswer, 'A required dependency is down')
  async check(@Res({ passthrough: true }) reply: FastifyReply): Promise<z.output<typeof healthAnswer>> {
    try {
      await this.store.ping(STORE_TIMEOUT_MS);
      return { status: 'ok', store: { kind: this.store.kind, status: 'ok' } };
    } catch (error) {
      this.log.warn({ err: error }, 'the record store does not answer');
      void reply.code(503);
      return { status: 'unavailable', store: { kind: this.store.kind, status: 'unavailable' } };
    }
  }
}
