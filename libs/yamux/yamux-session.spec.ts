import { yamuxSessionContract } from '@tollgate/testing';

describe.each(['server', 'client'] as const)('a yamux %s', (role) => {
  yamuxSessionContract(role);
});
