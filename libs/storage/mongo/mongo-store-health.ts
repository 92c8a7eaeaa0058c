import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import { StoreHealth, TollgateError } from '@tollgate/domain';
import { Connection } from 'mongoose';
import { onStore } from './store-errors';

/** Pings the server. */
@Injectable()
export class MongoStoreHealth extends StoreHealth {
  override readonly kind = 'mongodb';

  constructor(@InjectConnection() private readonly connection: Connection) {
    super();
  }

  override async ping(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new TollgateError('unavailable', 'record store unavailable'));
      }, timeoutMs);
    });
    const answer = onStore(() => this.connection.getClient().db(this.connection.name).command({ ping: 1 }));
    try {
      await Promise.race([answer, silence]);
    } finally {
      clearTimeout(timer);
    }
  }
}
