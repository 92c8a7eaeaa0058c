import { type DynamicModule, Module } from '@nestjs/common';
import { productVersion } from '../../metrics/product-version';
import type { ApiSettings } from '../../settings/api.settings';
import { CallbackNetwork } from './callback-network';
import { CallbackSender } from './callback-sender';
import { UploadCallbacks } from './upload-callbacks.service';

/** Tells the issuers of upload tokens of uploads that are stored. */
@Module({})
export class UploadCallbacksModule {
  static forRoot(settings: ApiSettings): DynamicModule {
    const network = new CallbackNetwork(settings.UPLOAD_CALLBACK_ALLOW);
    return {
      module: UploadCallbacksModule,
      global: true,
      providers: [
        { provide: CallbackSender, useValue: new CallbackSender(network, `Tollgate/${productVersion()}`) },
        UploadCallbacks,
      ],
      exports: [UploadCallbacks],
    };
  }
}
