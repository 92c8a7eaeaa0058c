import { describeWithBinary } from './ends/describe-with-binary';
import { startFrpcClient } from './ends/frpc-client';
import { startOwnClient } from './ends/own-client';
import { describeConcurrency, describeReturns } from './resilience/describe-resilience';

describe('our gateway and our client', () => {
  describeConcurrency(startOwnClient);
});

describeWithBinary(
  'our gateway and a stock frpc, when things go wrong',
  { name: 'frpc', variable: 'FRPC_BIN' },
  (binary) => {
    describeConcurrency(async (plan) => startFrpcClient(binary, plan));
    describeReturns(binary);
  },
);
