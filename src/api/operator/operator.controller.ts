import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Account } from '@tollgate/domain';
import type { z } from 'zod';
import { accountView } from '../accounts/account.schemas';
import { setValidationLogBody, toValidationLog } from '../accounts/validation-log.schemas';
import { ValidationLogSettings } from '../accounts/validation-log-settings.service';
import { AuditTrail } from '../audit/audit-trail.service';
import { auditView, operatorAuditList, operatorAuditQuery, toAuditFilter } from '../audit/audit.schemas';
import { Audited } from '../audit/audited.decorator';
import { ApiAnswer, ApiErrors, OperatorRoute } from '../http/api-decorators';
import { type Caller, RequestCaller } from '../http/caller';
import { toPage, toRateLimit } from '../http/fields';
import { OperatorAccountsService } from './operator-accounts.service';
import {
  listAccountsQuery,
  operatorAccount,
  operatorAccountList,
  setAccountStatusBody,
  setRateLimitBody,
} from './operator.schemas';

const ID = { name: 'id', example: 'acc_4fJ8sQ2mZk1xWc9vB7nR0L' };

@ApiTags('Operator')
@Controller('api/v2/admin')
export class OperatorController {
  constructor(
    private readonly accounts: OperatorAccountsService,
    private readonly validationLog: ValidationLogSettings,
    private readonly audit: AuditTrail,
  ) {}

  @Get('accounts')
  @OperatorRoute()
  @ApiOperation({ summary: 'List accounts, newest first' })
  @ApiAnswer(200, operatorAccountList)
  async list(
    @Query({ schema: listAccountsQuery }) query: z.output<typeof listAccountsQuery>,
  ): Promise<z.output<typeof operatorAccountList>> {
    const page = toPage(query);
    const filter = {
      ...(query.status === undefined ? {} : { status: query.status }),
      ...(query.search === undefined ? {} : { search: query.search }),
    };
    const { items, total } = await this.accounts.list(filter, page);
    return { accounts: items.map(view), total, ...page };
  }

  @Get('accounts/:id')
  @OperatorRoute()
  @ApiOperation({ summary: 'Show an account' })
  @ApiParam(ID)
  @ApiAnswer(200, operatorAccount)
  @ApiErrors(404)
  async detail(@Param('id') id: string): Promise<z.output<typeof operatorAccount>> {
    return view(await this.accounts.find(id));
  }

  @Put('accounts/:id/status')
  @OperatorRoute()
  @Audited('suspend_account')
  @ApiOperation({ summary: 'Suspend or activate an account, at once' })
  @ApiParam(ID)
  @ApiAnswer(200, operatorAccount)
  @ApiErrors(404, 501)
  async setStatus(
    @Param('id') id: string,
    @Body({ schema: setAccountStatusBody }) body: z.output<typeof setAccountStatusBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof operatorAccount>> {
    return view(await this.accounts.setStatus(id, body.status, caller));
  }

  @Put('accounts/:id/rate-limit')
  @OperatorRoute()
  @Audited('update_account_rate_limit')
  @ApiOperation({ summary: 'Set or take away the limits of an account' })
  @ApiParam(ID)
  @ApiAnswer(200, operatorAccount)
  @ApiErrors(404)
  async setRateLimit(
    @Param('id') id: string,
    @Body({ schema: setRateLimitBody }) body: z.output<typeof setRateLimitBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof operatorAccount>> {
    return view(await this.accounts.setRateLimit(id, toRateLimit(body.rate_limit), caller));
  }

  @Put('accounts/:id/validation-log')
  @OperatorRoute()
  @Audited('update_validation_log')
  @ApiOperation({ summary: 'Have each validation of an account written down, or stop it' })
  @ApiParam(ID)
  @ApiAnswer(200, operatorAccount)
  @ApiErrors(404)
  async setValidationLog(
    @Param('id') id: string,
    @Body({ schema: setValidationLogBody }) body: z.output<typeof setValidationLogBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof operatorAccount>> {
    return view(await this.validationLog.setForOperator(id, toValidationLog(body), caller));
  }

  @Get('audit-logs')
  @OperatorRoute()
  @ApiOperation({ summary: 'List what happened in all accounts, refused strangers included' })
  @ApiAnswer(200, operatorAuditList)
  async auditLogs(
    @Query({ schema: operatorAuditQuery }) query: z.output<typeof operatorAuditQuery>,
  ): Promise<z.output<typeof operatorAuditList>> {
    const page = toPage(query);
    const { items, total } = await this.audit.listForOperator(query.account_id, toAuditFilter(query), page);
    return { logs: items.map(auditView), total, ...page };
  }
}

function view(account: Account): z.output<typeof operatorAccount> {
  return { ...accountView(account), origin: account.origin };
}
