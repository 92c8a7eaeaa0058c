import { storeContract } from '@tollgate/testing';
import { describeWithMongo } from '../support/mongo-server';
import { openMongoStore } from '../support/mongo-store';

describeWithMongo('the record store on MongoDB', (mongo) => {
  storeContract('mongo', () => openMongoStore(mongo()));
});
