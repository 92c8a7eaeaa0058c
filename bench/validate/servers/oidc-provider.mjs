// oidc-provider: introspection (RFC 7662) of opaque access tokens kept in memory.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';
import { serve } from '../../lib/serve.mjs';
import { PEER_TOKENS, writeRequests } from './requests-file.mjs';

const CLIENT = { client_id: 'bench', client_secret: 'bench-secret-of-the-introspecting-service' };

/** In memory without a bound: the adapter that oidc-provider brings drops what exceeds 1,000 records. */
class MapAdapter {
  #records = new Map();

  async upsert(id, payload) {
    this.#records.set(id, payload);
  }

  async find(id) {
    return this.#records.get(id);
  }

  async destroy(id) {
    this.#records.delete(id);
  }

  async consume() {}
  async findByUid() {}
  async findByUserCode() {}
  async revokeByGrantId() {}
}

const provider = new Provider('http://127.0.0.1', {
  adapter: MapAdapter,
  scopes: ['storage:read'],
  clients: [
    {
      ...CLIENT,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'storage:read',
    },
  ],
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    devInteractions: { enabled: false },
  },
  ttl: { ClientCredentials: 86_400 },
});

const client = await provider.Client.find(CLIENT.client_id);
const authorization = `Basic ${Buffer.from(`${CLIENT.client_id}:${CLIENT.client_secret}`).toString('base64')}`;
const requests = [];
for (let count = 0; count < PEER_TOKENS; count += 1) {
  const token = await new provider.ClientCredentials({ client, scope: 'storage:read' }).save();
  requests.push({ authorization, body: `token=${token}&token_type_hint=access_token` });
}
writeRequests(requests);
serve(createServer(provider.callback()));
