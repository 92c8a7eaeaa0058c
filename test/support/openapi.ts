import { type Json, send } from './http-client';

/** As much of a JSON schema as our document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly example?: unknown;
}

/** One way to call the api. */
export interface Operation {
  /** `GET /api/v2/tokens/{id}` */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly body: Schema | undefined;
  /** Names of the security schemes that it takes; none for a public route. */
  readonly security: readonly string[];
  /** Statuses that the document tells of. */
  readonly statuses: readonly number[];
}

interface RawOperation {
  readonly parameters?: Operation['parameters'];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly security?: readonly Json[];
  readonly responses: Json;
}

/** The OpenAPI document of a running api. */
export class OpenApi {
  readonly operations: readonly Operation[];

  private constructor(
    private readonly schemas: Readonly<Record<string, Schema>>,
    paths: Json,
  ) {
    this.operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item as Record<string, RawOperation>).map(([method, raw]) => toOperation(method, path, raw)),
    );
  }

  static async read(url: string): Promise<OpenApi> {
    const document = await send(url, { method: 'GET', path: '/docs/openapi.json' });
    const { schemas = {} } = document.object('components') as { schemas?: Record<string, Schema> };
    return new OpenApi(schemas, document.object('paths'));
  }

  /** The schema itself in place of a reference to it. */
  resolve(schema: Schema): Schema {
    if (schema.$ref === undefined) return schema;
    const name = schema.$ref.split('/').at(-1) ?? '';
    const target = this.schemas[name];
    if (target === undefined) throw new Error(`the document has no schema ${name}`);
    return this.resolve(target);
  }
}

function toOperation(method: string, path: string, raw: RawOperation): Operation {
  return {
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    parameters: raw.parameters ?? [],
    body: raw.requestBody?.content?.['application/json']?.schema,
    security: (raw.security ?? []).flatMap((requirement) => Object.keys(requirement)),
    statuses: Object.keys(raw.responses).map(Number),
  };
}
