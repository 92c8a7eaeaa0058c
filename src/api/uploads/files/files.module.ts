import { Module } from '@nestjs/common';
import { FilesController } from './files.controller';
import { FilesService } from './files.service';

/** Stored uploads to those who may see them. */
@Module({ controllers: [FilesController], providers: [FilesService] })
export class FilesModule {}
