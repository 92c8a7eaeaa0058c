import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Audited } from '../audit/audited.decorator';
import { ApiAnswer, ApiErrors, OperatorRoute } from '../http/api-decorators';
import { type Caller, RequestCaller } from '../http/caller';
import { toPage } from '../http/fields';
import {
  accountUploadToken,
  accountUploadTokenList,
  accountUploadTokenView,
  operatorUploadTokensQuery,
} from './account-upload-token.schemas';
import { EVERYBODY } from './storage-owner';
import { UploadTokensService } from './upload-tokens.service';

/** Everybody's upload tokens, for operators. */
@ApiTags('Operator')
@Controller('api/v2/admin/upload-tokens')
export class OperatorUploadTokensController {
  constructor(private readonly tokens: UploadTokensService) {}

  @Get()
  @OperatorRoute()
  @ApiOperation({
    summary: 'List upload tokens, newest first',
    description: "Of all accounts, or of one; `@upload-admin` stands for the administrator's key.",
  })
  @ApiAnswer(200, accountUploadTokenList)
  async list(
    @Query({ schema: operatorUploadTokensQuery }) query: z.output<typeof operatorUploadTokensQuery>,
  ): Promise<z.output<typeof accountUploadTokenList>> {
    const page = toPage(query);
    const filter = query.owner_label === undefined ? {} : { ownerLabel: query.owner_label };
    const { items, total } = await this.tokens.list({ accountId: query.account_id }, filter, page);
    return { upload_tokens: items.map(accountUploadTokenView), total, ...page };
  }

  @Delete(':id')
  @OperatorRoute()
  @Audited('revoke_upload_token')
  @ApiOperation({ summary: 'Revoke an upload token of any account' })
  @ApiParam({ name: 'id', example: 'ut_4fJ8sQ2mZk1xWc9vB7nR0L' })
  @ApiAnswer(200, accountUploadToken)
  @ApiErrors(404)
  async revoke(@Param('id') id: string, @RequestCaller() caller: Caller): Promise<z.output<typeof accountUploadToken>> {
    return accountUploadTokenView(await this.tokens.revoke(EVERYBODY, id, caller, { by: 'operator' }));
  }
}
