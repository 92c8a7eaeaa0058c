import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { AccountPrincipal } from '@tollgate/auth';
import type { z } from 'zod';
import { ApiAnswer, SignedRoute } from '../http/api-decorators';
import { Tenant } from '../http/caller';
import { toPage } from '../http/fields';
import { AuditTrail } from './audit-trail.service';
import { auditList, auditQuery, auditView, toAuditFilter } from './audit.schemas';

@ApiTags('Audit')
@Controller('api/v2/audit-logs')
export class AuditController {
  constructor(private readonly audit: AuditTrail) {}

  @Get()
  @SignedRoute()
  @ApiOperation({ summary: 'List what happened in your account, newest first' })
  @ApiAnswer(200, auditList)
  async list(
    @Tenant() tenant: AccountPrincipal,
    @Query({ schema: auditQuery }) query: z.output<typeof auditQuery>,
  ): Promise<z.output<typeof auditList>> {
    const { items, total } = await this.audit.list(tenant.accountId, toAuditFilter(query), toPage(query));
    return { account_id: tenant.accountId, logs: items.map(auditView), total };
  }
}
