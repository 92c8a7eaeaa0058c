import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { AccountPrincipal } from '@tollgate/auth';
import type { z } from 'zod';
import { Audited } from '../audit/audited.decorator';
import { ApiAnswer, ApiErrors } from '../http/api-decorators';
import { type Caller, RequestCaller, Tenant } from '../http/caller';
import { toPage } from '../http/fields';
import {
  ACCOUNT_FIELD_NAMES,
  accountUploadToken,
  accountUploadTokenList,
  accountUploadTokenView,
  accountUploadTokensQuery,
  createdUploadToken,
  optionalUploadTokenBody,
  toNewAccountToken,
} from './account-upload-token.schemas';
import { AccountStorageRoute } from './storage-access';
import { Owner, type StorageOwner } from './storage-owner';
import { UploadTokensService } from './upload-tokens.service';

const ID = { name: 'id', example: 'ut_4fJ8sQ2mZk1xWc9vB7nR0L' };

/** An account's own upload tokens. A sub-account sees and touches only those it issued. */
@ApiTags('Upload tokens')
@Controller('api/v2/upload-tokens')
export class AccountUploadTokensController {
  constructor(private readonly tokens: UploadTokensService) {}

  @Post()
  @HttpCode(201)
  @AccountStorageRoute('storage:write')
  @Audited('issue_upload_token')
  @ApiOperation({ summary: 'Issue a token for one upload; its value is shown once' })
  @ApiAnswer(201, createdUploadToken)
  async create(
    @Tenant() tenant: AccountPrincipal,
    @Body({ schema: optionalUploadTokenBody }) body: z.output<typeof optionalUploadTokenBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof createdUploadToken>> {
    const issuer = {
      accountId: tenant.accountId,
      iuid: tenant.subAccount?.iuid,
      ...(tenant.tokenId === undefined ? {} : { auditData: { by_token: tenant.tokenId } }),
    };
    const issued = await this.tokens.issue(issuer, toNewAccountToken(body), ACCOUNT_FIELD_NAMES, caller);
    return {
      ...accountUploadTokenView({ token: issued.token, state: 'open' }),
      token: issued.value,
      ...(issued.callbackSecret === undefined ? {} : { callback_secret: issued.callbackSecret }),
    };
  }

  @Get()
  @AccountStorageRoute('storage:write')
  @ApiOperation({ summary: 'List your upload tokens, newest first' })
  @ApiAnswer(200, accountUploadTokenList)
  async list(
    @Owner() owner: StorageOwner,
    @Query({ schema: accountUploadTokensQuery }) query: z.output<typeof accountUploadTokensQuery>,
  ): Promise<z.output<typeof accountUploadTokenList>> {
    const page = toPage(query);
    const filter = query.owner_label === undefined ? {} : { ownerLabel: query.owner_label };
    const { items, total } = await this.tokens.list(owner, filter, page);
    return { upload_tokens: items.map(accountUploadTokenView), total, ...page };
  }

  @Get(':id')
  @AccountStorageRoute('storage:write')
  @ApiOperation({ summary: 'Show an upload token' })
  @ApiParam(ID)
  @ApiAnswer(200, accountUploadToken)
  @ApiErrors(404)
  async detail(@Owner() owner: StorageOwner, @Param('id') id: string): Promise<z.output<typeof accountUploadToken>> {
    return accountUploadTokenView(await this.tokens.find(owner, id));
  }

  @Delete(':id')
  @AccountStorageRoute('storage:write')
  @Audited('revoke_upload_token')
  @ApiOperation({
    summary: 'Revoke an upload token',
    description: 'An upload that is under way with it is cut off. A token that has had its end stays what it is.',
  })
  @ApiParam(ID)
  @ApiAnswer(200, accountUploadToken)
  @ApiErrors(404)
  async revoke(
    @Tenant() tenant: AccountPrincipal,
    @Owner() owner: StorageOwner,
    @Param('id') id: string,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof accountUploadToken>> {
    const auditData = tenant.tokenId === undefined ? undefined : { by_token: tenant.tokenId };
    return accountUploadTokenView(await this.tokens.revoke(owner, id, caller, auditData));
  }
}
