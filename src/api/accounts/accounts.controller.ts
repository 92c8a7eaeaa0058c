import { Body, Controller, Get, HttpCode, Post, Put, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { AccountPrincipal } from '@tollgate/auth';
import type { z } from 'zod';
import { Audited } from '../audit/audited.decorator';
import { ApiAnswer, ApiErrors, TenantRoute } from '../http/api-decorators';
import { type Caller, RequestCaller, Tenant } from '../http/caller';
import { accountDetail, accountView, registerBody, registeredAccount, regeneratedSecret } from './account.schemas';
import { AccountsService } from './accounts.service';
import { RegisterThrottlerGuard } from '../rate-limits/throttler.guards';
import {
  setValidationLogBody,
  toValidationLog,
  validationLogDetail,
  validationLogView,
} from './validation-log.schemas';
import { ValidationLogSettings } from './validation-log-settings.service';
import { LocalAccountsGuard, RegistrationGuard } from './account-policy.guards';

@ApiTags('Accounts')
@Controller('api/v2/accounts')
export class AccountsController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly validationLog: ValidationLogSettings,
  ) {}

  @Post('register')
  @HttpCode(201)
  @UseGuards(RegisterThrottlerGuard, LocalAccountsGuard, RegistrationGuard)
  @Audited('register_account')
  @ApiOperation({ summary: 'Register an account; the SecretKey is shown once' })
  @ApiAnswer(201, registeredAccount)
  @ApiErrors(400, 401, 409, 429, 501)
  async register(
    @Body({ schema: registerBody }) body: z.output<typeof registerBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof registeredAccount>> {
    const { account, accessKey, secretKey } = await this.accounts.register(body, caller);
    return {
      account_id: account.id,
      email: body.email,
      company: account.company,
      access_key: accessKey,
      secret_key: secretKey,
      created_at: account.createdAt.toISOString(),
    };
  }

  @Get('me')
  @TenantRoute()
  @ApiOperation({ summary: 'Show your account' })
  @ApiAnswer(200, accountDetail)
  async me(@Tenant() tenant: AccountPrincipal): Promise<z.output<typeof accountDetail>> {
    return accountView(await this.accounts.findOwn(tenant), tenant.accessKey);
  }

  @Get('me/validation-log')
  @TenantRoute()
  @ApiOperation({ summary: 'Show whether validations of your tokens are written down' })
  @ApiAnswer(200, validationLogDetail)
  async showValidationLog(@Tenant() tenant: AccountPrincipal): Promise<z.output<typeof validationLogDetail>> {
    return validationLogView((await this.accounts.findOwn(tenant)).validationLog);
  }

  @Put('me/validation-log')
  @TenantRoute()
  @Audited('update_validation_log')
  @ApiOperation({ summary: 'Have each validation of your tokens written down, or stop it' })
  @ApiAnswer(200, validationLogDetail)
  async setValidationLog(
    @Tenant() tenant: AccountPrincipal,
    @Body({ schema: setValidationLogBody }) body: z.output<typeof setValidationLogBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof validationLogDetail>> {
    const account = await this.validationLog.setOwn(tenant, toValidationLog(body), caller);
    return validationLogView(account.validationLog);
  }

  @Post('regenerate-sk')
  @HttpCode(200)
  @TenantRoute()
  @UseGuards(LocalAccountsGuard)
  @Audited('regenerate_secret_key')
  @ApiOperation({ summary: 'Replace your SecretKey; the old one dies at once' })
  @ApiAnswer(200, regeneratedSecret)
  @ApiErrors(501)
  async regenerateSecret(
    @Tenant() tenant: AccountPrincipal,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof regeneratedSecret>> {
    const { account, accessKey, secretKey } = await this.accounts.regenerateSecret(tenant, caller);
    return { access_key: accessKey, secret_key: secretKey, updated_at: account.updatedAt.toISOString() };
  }
}
