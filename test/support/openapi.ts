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
  readonly allOf?: readonly Schema[];
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
  /** Of a body in JSON. */
  readonly body: Schema | undefined;
  /** Whether it takes a form with a file instead. */
  readonly takesForm: boolean;
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

  /** The schema itself in place of a reference to it, or of a list with nothing else. */
  resolve(schema: Schema): Schema {
    const [only, ...others] = schema.allOf ?? [];
    if (schema.type === undefined && only !== undefined && others.length === 0) return this.resolve(only);
    if (schema.$ref === undefined) return schema;
    const name = schema.$ref.split('/').at(-1) ?? '';
    const target = this.schemas[name];
    if (target === undefined) throw new Error(`the document has no schema ${name}`);
    return this.resolve(target);
  }
}

/** The same operation, with examples in its body that work where those of the document do not. */
export function withExamples(
  document: OpenApi,
  operation: Operation,
  examples: Readonly<Record<string, string>>,
): Operation {
  if (operation.body === undefined) return operation;
  const body = document.resolve(operation.body);
  const fields = Object.entries(body.properties ?? {}).map(([name, field]) => {
    const example = examples[name];
    return [name, example === undefined ? field : { ...field, example }] as const;
  });
  return { ...operation, body: { ...body, properties: Object.fromEntries(fields) } };
}

function toOperation(method: string, path: string, raw: RawOperation): Operation {
  return {
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    parameters: raw.parameters ?? [],
    body: raw.requestBody?.content?.['application/json']?.schema,
    takesForm: raw.requestBody?.content?.['multipart/form-data'] !== undefined,
    security: (raw.security ?? []).flatMap((requirement) => Object.keys(requirement)),
    statuses: Object.keys(raw.responses).map(Number),
  };
}
