import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { Clock } from '@tollgate/domain';
import { FileStorage } from '@tollgate/file-storage';
import type { ApiSettings } from '../settings/api.settings';
import { openFileStorage } from '../settings/file-storage.settings';
import { DiskFloor } from './disk-floor';
import { RunningUploads } from './running-uploads';
import { UploadMetrics } from './upload-metrics';
import { UploadPace } from './upload-pace';
import { UploadSweep } from './upload-sweep.service';
import { UploadRefusalTrail } from './upload-refusal-trail';
import { UploadRepeats } from './upload-repeats';
import { Uploads } from './upload.service';
import { UploadRoutes } from './upload.routes';

/** Uploads: where they are kept, and how they come in. */
@Module({})
export class UploadsModule {
  static forRoot(settings: ApiSettings): DynamicModule {
    const providers: Provider[] = [
      {
        provide: FileStorage,
        useFactory: async (clock: Clock) => {
          const storage = openFileStorage(settings, clock);
          await storage.open();
          return storage;
        },
        inject: [Clock],
      },
      { provide: RunningUploads, useValue: new RunningUploads(settings.UPLOAD_MAX_CONCURRENT) },
      { provide: UploadPace, useValue: new UploadPace(settings.UPLOAD_STALL_TIMEOUT, settings.UPLOAD_MIN_RATE) },
      {
        provide: DiskFloor,
        useFactory: (storage: FileStorage, clock: Clock) =>
          new DiskFloor(storage, settings.UPLOAD_MIN_FREE_BYTES, clock),
        inject: [FileStorage, Clock],
      },
      UploadMetrics,
      UploadRefusalTrail,
      UploadRepeats,
      Uploads,
      UploadRoutes,
      UploadSweep,
    ];
    return { module: UploadsModule, global: true, providers, exports: providers };
  }
}
