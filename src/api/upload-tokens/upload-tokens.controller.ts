import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Audited } from '../audit/audited.decorator';
import { ApiAnswer } from '../http/api-decorators';
import { type Caller, RequestCaller } from '../http/caller';
import { toPage } from '../http/fields';
import { ApiUploadErrors } from '../http/upload-error-docs';
import { PublicGate } from '../rate-limits/gates.guard';
import { TokenCheckThrottlerGuard, UploadTokenThrottlerGuard } from '../rate-limits/throttler.guards';
import { UPLOAD_ADMINISTRATOR } from './storage-owner';
import { UploadAdminGate } from './upload-admin-gate.guard';
import { UploadTokenDesk } from './upload-token-desk.service';
import {
  issueUploadTokenBody,
  issuedUploadToken,
  listUploadTokensQuery,
  revokedUploadToken,
  uploadTokenItemView,
  uploadTokenList,
  verifiedUploadToken,
  verifyUploadTokenBody,
} from './upload-token.schemas';
import { UploadTokensService } from './upload-tokens.service';

/** The contract's routes of upload tokens; the first two are answered on the hot lane by `UploadTokenRoutes` as a rule. */
@ApiTags('Upload tokens')
@Controller('api/video/auth')
export class UploadTokensController {
  constructor(
    private readonly tokens: UploadTokensService,
    private readonly desk: UploadTokenDesk,
  ) {}

  @Post('upload-token')
  @HttpCode(200)
  @UseGuards(UploadTokenThrottlerGuard, PublicGate)
  @Audited('issue_upload_token')
  @ApiOperation({
    summary: "Issue an upload token by the administrator's key",
    description: 'Limited by client address, with the right key or a wrong one. The token is for one upload.',
  })
  @ApiAnswer(200, issuedUploadToken)
  @ApiUploadErrors('INVALID_REQUEST', 'INVALID_AUTH_KEY', 'RATE_LIMITED')
  async issue(
    @Body({ schema: issueUploadTokenBody }) body: z.output<typeof issueUploadTokenBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof issuedUploadToken>> {
    return this.desk.issue(body, caller);
  }

  @Post('verify-token')
  @HttpCode(200)
  @UseGuards(TokenCheckThrottlerGuard, PublicGate)
  @ApiOperation({ summary: 'Say whether an upload may begin with a token; takes nothing of it' })
  @ApiAnswer(200, verifiedUploadToken)
  @ApiUploadErrors(
    'INVALID_REQUEST',
    'MISSING_UPLOAD_TOKEN',
    'INVALID_UPLOAD_TOKEN',
    'TOKEN_EXPIRED',
    'TOKEN_ALREADY_USED',
    'RATE_LIMITED',
  )
  async verify(
    @Body({ schema: verifyUploadTokenBody }) body: z.output<typeof verifyUploadTokenBody>,
    @RequestCaller() caller: Caller,
  ): Promise<z.output<typeof verifiedUploadToken>> {
    return this.desk.verify(body, caller);
  }

  @Get('upload-tokens')
  @UseGuards(UploadAdminGate)
  @ApiSecurity('upload-key')
  @ApiSecurity('operator-key')
  @ApiOperation({ summary: "List the tokens that the administrator's key has issued, newest first" })
  @ApiAnswer(200, uploadTokenList)
  @ApiUploadErrors('INVALID_REQUEST', 'UNAUTHENTICATED', 'INVALID_AUTH_KEY', 'RATE_LIMITED')
  async list(
    @Query({ schema: listUploadTokensQuery }) query: z.output<typeof listUploadTokensQuery>,
  ): Promise<z.output<typeof uploadTokenList>> {
    const filter = query.ownerLabel === undefined ? {} : { ownerLabel: query.ownerLabel };
    const { items, total } = await this.tokens.list(UPLOAD_ADMINISTRATOR, filter, toPage(query));
    return { success: true, tokens: items.map(uploadTokenItemView), total };
  }

  @Delete('upload-tokens/:id')
  @UseGuards(UploadAdminGate)
  @Audited('revoke_upload_token')
  @ApiSecurity('upload-key')
  @ApiSecurity('operator-key')
  @ApiOperation({
    summary: 'Revoke a token',
    description: 'An upload that is under way with it is cut off. A token that has had its end stays what it is.',
  })
  @ApiParam({ name: 'id', example: 'ut_4fJ8sQ2mZk1xWc9vB7nR0L' })
  @ApiAnswer(200, revokedUploadToken)
  @ApiUploadErrors('UNAUTHENTICATED', 'INVALID_AUTH_KEY', 'NOT_FOUND', 'RATE_LIMITED')
  async revoke(@Param('id') id: string, @RequestCaller() caller: Caller): Promise<z.output<typeof revokedUploadToken>> {
    return { success: true, token: uploadTokenItemView(await this.tokens.revoke(UPLOAD_ADMINISTRATOR, id, caller)) };
  }
}
