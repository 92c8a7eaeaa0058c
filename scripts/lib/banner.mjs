import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a newcomer needs once everything answers. Shows where secrets lie, never a secret.
 * @param {{ api?: string, gateway?: string, dataDir: string, configFile?: string, keyFromEnvironment: boolean, store: string }} facts
 */
export function banner({ api, gateway, dataDir, configFile, keyFromEnvironment, store }) {
  const keyFile = join(dataDir, 'operator.key');
  const rows = [];
  if (api) {
    rows.push(['API', `${api}/api/v2`], ['Swagger', `${api}/docs`], ['Health', `${api}/health`]);
  }
  if (gateway) rows.push(['Gateway admin', `${gateway}/healthz`]);
  if (configFile) rows.push(['Gateway file', configFile]);
  // With a file of its own the gateway alone says where its tokens are.
  if (api || !configFile) rows.push(['Store', store]);
  rows.push(['Data', dataDir]);
  if (api) {
    if (keyFromEnvironment) rows.push(['Operator key', 'the one in OPERATOR_KEY']);
    else if (existsSync(keyFile)) rows.push(['Operator key', `in ${keyFile}`]);
  }
  rows.push(['Log', 'here, one JSON object a line']);

  const lines = ['', '  Tollgate is up', ''];
  for (const [name, value] of rows) lines.push(`  ${name.padEnd(14)} ${value}`);
  if (api) lines.push('', '  To a validated token, in another terminal:', '', ...firstSteps(api));
  return `${lines.join('\n')}\n\n`;
}

function firstSteps(api) {
  const at = api === 'http://127.0.0.1:8081' ? '' : ` --url ${api}`;
  return [
    `  npx tollgate account register --email you@example.com --company Demo --save${at}`,
    `  npx tollgate token create --description demo --scope storage:read${at}`,
    `  curl -X POST ${api}/api/v2/validate -H 'Authorization: Bearer <token>' ` +
      `-H 'Content-Type: application/json' -d '{"required_scope":"storage:read"}'`,
  ];
}
