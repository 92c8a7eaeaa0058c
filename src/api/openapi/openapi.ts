import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { describeSharedErrors } from './shared-errors';
import { describeUpload } from './upload-paths';
import { describeValidation } from './validation-paths';

/** Where the documentation is served. */
export const DOCS_PATH = 'docs';

/** The OpenAPI document of everything the api serves. */
export function createOpenApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Tollgate')
    .setDescription(
      'Accounts, scoped bearer tokens and their validation. Management requests are signed: see docs/signing.md. ' +
        'All times are RFC 3339 UTC; every error has the body `{"error","code","timestamp"}`. ' +
        'Where limits apply, answers under /api tell of them in the headers that `validate` lists; what a limit refuses is a ' +
        '429 with `Retry-After`.',
    )
    .setVersion('2')
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'Authorization',
        description:
          '`QINIU {AccessKey}:{Signature}` with an `X-Qiniu-Date` header. Signature = Base64(HMAC-SHA256(SecretKey, ' +
          'METHOD\\nURI\\nX-Qiniu-Date\\nBODY)).',
      },
      'hmac',
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'Authorization',
        description: '`QiniuStub uid={n}&ut={n}…` from a trusted internal address; off by default.',
      },
      'qiniu-stub',
    )
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A bearer token of an account.' }, 'bearer')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'The operator key.' }, 'operator-key')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: "The upload administrator's key, UPLOAD_AUTH_TOKEN." },
      'upload-key',
    )
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'The key that gateways report by, TRAFFIC_REPORT_KEY.' },
      'traffic-report-key',
    )
    .build();
  const document = SwaggerModule.createDocument(app, config, { operationIdFactory: operationId });
  describeValidation(document);
  describeUpload(document);
  describeSharedErrors(document);
  return document;
}

/** `TokensController.create` becomes `tokens_create`. */
function operationId(controller: string, method: string): string {
  const feature = controller.replace(/Controller$/, '');
  return `${feature.charAt(0).toLowerCase()}${feature.slice(1)}_${method}`;
}

/** Serves Swagger at `/docs` and the document at `/docs/openapi.json`. */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup(DOCS_PATH, app, () => createOpenApiDocument(app), {
    jsonDocumentUrl: `${DOCS_PATH}/openapi.json`,
    yamlDocumentUrl: `${DOCS_PATH}/openapi.yaml`,
    customSiteTitle: 'Tollgate API',
    swaggerOptions: { persistAuthorization: false, tryItOutEnabled: true },
  });
}
