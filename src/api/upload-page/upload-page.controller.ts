import { join } from 'node:path';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { TollgateError } from '@tollgate/domain';
import type { FastifyReply } from 'fastify';
import { OpenRoute } from '../http/api-decorators';
import { isCurrent, readPageAssets } from './page-assets';
import { PAGE_HEADERS } from './page-headers';

const PAGE = 'admin.html';

/** The administrator's page: issue upload tokens, see what became of them, try an upload. */
@ApiTags('Upload tokens')
@Controller()
export class UploadPageController {
  private readonly assets = readPageAssets(join(__dirname, 'assets'));

  @Get(PAGE)
  @OpenRoute()
  @ApiOperation({ summary: "Show the administrator's page" })
  @ApiProduces('text/html')
  @ApiResponse({ status: 200, description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } })
  show(
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Buffer | undefined {
    return this.send(PAGE, ifNoneMatch, reply);
  }

  @Get('admin/:name')
  @OpenRoute()
  @ApiExcludeEndpoint()
  showPart(
    @Param('name') name: string,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Buffer | undefined {
    return this.send(name, ifNoneMatch, reply);
  }

  private send(name: string, ifNoneMatch: string | undefined, reply: FastifyReply): Buffer | undefined {
    const asset = this.assets.get(name);
    if (asset === undefined) throw new TollgateError('not_found', 'not found');
    void reply.headers({ ...PAGE_HEADERS, etag: asset.etag });
    if (isCurrent(asset, ifNoneMatch)) {
      void reply.code(304);
      return undefined;
    }
    void reply.header('content-type', asset.type);
    return asset.body;
  }
}
