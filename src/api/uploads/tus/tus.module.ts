import { join } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { Clock, UploadLocks } from '@tollgate/domain';
import { FileStorage, FileUploadLocks, PartialUploads } from '@tollgate/file-storage';
import { RedisUploadLocks } from '@tollgate/redis';
import { SharedRedis } from '../../redis/redis.module';
import type { ApiSettings } from '../../settings/api.settings';
import { openPartialUploads, uploadFolderOf } from '../../settings/file-storage.settings';
import { ContentDigests } from './content-digests';
import { PartialSweep } from './partial-sweep.service';
import { PieceIntake } from './piece-intake.service';
import { ResumableUploads } from './resumable-uploads.service';
import { ResumeWindow } from './resume-window';
import { TusRequests } from './tus-requests.service';
import { TusRoutes } from './tus.routes';
import { UploadTurns } from './upload-turns';

/** Uploads that go on where they were broken off. */
@Module({})
export class TusModule {
  static forRoot(settings: ApiSettings): DynamicModule {
    return {
      module: TusModule,
      providers: [
        {
          provide: PartialUploads,
          // The storage makes the folder that both are in.
          useFactory: async (clock: Clock, _storage: FileStorage) => {
            const partials = openPartialUploads(settings, clock);
            await partials.open();
            return partials;
          },
          inject: [Clock, FileStorage],
        },
        {
          provide: UploadLocks,
          useFactory: ({ connection }: SharedRedis, clock: Clock) =>
            connection === undefined
              ? new FileUploadLocks(join(uploadFolderOf(settings), '.partial'), clock)
              : new RedisUploadLocks(connection),
          inject: [SharedRedis, Clock],
        },
        { provide: UploadTurns, useFactory: (locks: UploadLocks) => new UploadTurns(locks), inject: [UploadLocks] },
        {
          provide: ResumeWindow,
          useValue: new ResumeWindow(settings.UPLOAD_RESUME_WINDOW, settings.UPLOAD_RESUME_MAX),
        },
        { provide: ContentDigests, useValue: new ContentDigests() },
        ResumableUploads,
        PieceIntake,
        TusRequests,
        TusRoutes,
        PartialSweep,
      ],
    };
  }
}
