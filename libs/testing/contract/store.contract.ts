import { accountRepositoryContract } from './account-repository.contract';
import { auditRepositoryContract } from './audit-repository.contract';
import { changeFeedContract } from './change-feed.contract';
import { importRepositoryContract } from './import-repository.contract';
import { replayRepositoryContract } from './replay-repository.contract';
import { storeHealthContract } from './store-health.contract';
import type { StoreSetup } from './store-under-test';
import { tokenRepositoryContract } from './token-repository.contract';
import { tokenUsageContract } from './token-usage.contract';
import { uploadCallbackRepositoryContract } from './upload-callback-repository.contract';
import { trafficRepositoryContract } from './traffic-repository.contract';
import { type ReservationsUnderTest, uploadReservationsContract } from './upload-reservations.contract';
import { uploadTokenRepositoryContract } from './upload-token-repository.contract';
import { uploadedFileRepositoryContract } from './uploaded-file-repository.contract';
import { validationLogContract } from './validation-log.contract';

/**
 * What every driver of the record store must pass, all suites of it. Each suite opens a store of its own.
 * @param name the driver, for the names of the cases
 */
export function storeContract(name: string, setup: StoreSetup): void {
  accountRepositoryContract(name, setup);
  tokenRepositoryContract(name, setup);
  tokenUsageContract(name, setup);
  validationLogContract(name, setup);
  auditRepositoryContract(name, setup);
  replayRepositoryContract(name, setup);
  importRepositoryContract(name, setup);
  changeFeedContract(name, setup);
  storeHealthContract(name, setup);
  uploadTokenRepositoryContract(name, setup);
  uploadReservationsContract(name, () => openReservations(setup));
  uploadedFileRepositoryContract(name, setup);
  uploadCallbackRepositoryContract(name, setup);
  trafficRepositoryContract(name, setup);
}

async function openReservations(setup: StoreSetup): Promise<ReservationsUnderTest> {
  const store = await setup();
  const another = await store.openAnother?.();
  return {
    reservations: store.uploadReservations,
    ...(another !== undefined && { others: another.uploadReservations }),
    tokens: store.uploadTokens,
    teardown: async () => {
      await another?.teardown();
      await store.teardown();
    },
  };
}
