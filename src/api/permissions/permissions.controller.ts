import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ApiAnswer, PublicRoute } from '../http/api-decorators';
import { PERMISSION_CATALOGUE } from './permission-catalogue';

const permissionList = z
  .object({
    categories: z.array(
      z.object({
        name: z.string().meta({ example: 'storage' }),
        description: z.string(),
        permissions: z.array(
          z.object({
            scope: z.string().meta({ example: 'storage:read' }),
            description: z.string(),
            example: z.string(),
          }),
        ),
      }),
    ),
    total: z.number().meta({ description: 'Permissions in all categories.' }),
  })
  .meta({ id: 'PermissionList' });

@ApiTags('Permissions')
@Controller('api/v2/permissions')
export class PermissionsController {
  private readonly total = PERMISSION_CATALOGUE.reduce((sum, { permissions }) => sum + permissions.length, 0);

  @Get()
  @PublicRoute()
  @ApiOperation({ summary: 'List the known scopes: a catalogue, not a whitelist' })
  @ApiAnswer(200, permissionList)
  list(): { categories: typeof PERMISSION_CATALOGUE; total: number } {
    return { categories: PERMISSION_CATALOGUE, total: this.total };
  }
}
