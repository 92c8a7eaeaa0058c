import { describeWithEtcd } from '../support/etcd-server';
import { describeWithBinary } from './ends/describe-with-binary';
import { startFrpcClient } from './ends/frpc-client';
import { startOwnClient } from './ends/own-client';
import { describeSentAway } from './tenants/describe-sent-away';
import { describeTenantRefusals } from './tenants/describe-tenant-refusals';

describeWithEtcd('our gateway with tokens in etcd, and our client', () => {
  describeTenantRefusals(startOwnClient);
});

describeWithBinary(
  'our gateway with tokens in etcd, and a stock frpc',
  { name: 'frpc', variable: 'FRPC_BIN' },
  (binary) => {
    describeWithEtcd('and etcd', () => {
      describeTenantRefusals(async (plan) => startFrpcClient(binary, plan));
      describeSentAway(binary);
    });
  },
);
