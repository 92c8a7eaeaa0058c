import { randomHex } from '@tollgate/domain';
import {
  installMongoStandIn,
  type MongoStandIn,
  mongoStandInState,
  startMongoStandIn,
} from '../../scripts/services/mongo.mjs';
import { describeWith } from './describe-with';

/** Room for fetching the jars once. */
const START_TIMEOUT_MS = 180_000;

/** The MongoDB that a suite runs on. */
export interface MongoForTests {
  /** Without a database name. */
  readonly uri: string;
  /** A name that no other suite uses; a server named by `MONGO_TEST_URI` may be anybody's. */
  newDatabaseName(): string;
}

/**
 * A suite that needs MongoDB: the one at `MONGO_TEST_URI`, else the stand-in. Where there is neither, the suite is
 * skipped and says so; in CI (`CI=true`) it fails, because there the services are installed.
 * @param define defines the cases; call its argument inside a hook or a case
 */
export function describeWithMongo(name: string, define: (mongo: () => MongoForTests) => void): void {
  const named = process.env['MONGO_TEST_URI'];
  const state = named === undefined ? mongoStandInState() : undefined;

  const absence =
    state?.kind === 'absent' ? `MONGO_TEST_URI is not set and the stand-in can't run: ${state.reason}` : undefined;
  describeWith(name, 'MongoDB', absence, () => {
    let standIn: MongoStandIn | undefined;
    beforeAll(async () => {
      if (state?.kind === 'installable') await installMongoStandIn();
      if (state !== undefined) standIn = await startMongoStandIn();
    }, START_TIMEOUT_MS);
    define(() => {
      const uri = named ?? standIn?.uri;
      if (uri === undefined) throw new Error('MongoDB runs only while a case runs');
      return { uri, newDatabaseName: () => `tollgate_test_${randomHex(8)}` };
    });
    // Last, because Jest runs these in the order of their definition.
    afterAll(async () => {
      await standIn?.stop();
    });
  });
}
