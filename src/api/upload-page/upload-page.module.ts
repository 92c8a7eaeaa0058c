import { Module } from '@nestjs/common';
import { UploadPageController } from './upload-page.controller';

/** The administrator's page at `/admin.html`. */
@Module({ controllers: [UploadPageController] })
export class UploadPageModule {}
