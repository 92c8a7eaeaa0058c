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

/** Types of bodies that are more than bytes. */
export const JSON_TYPE = 'application/json';
export const FORM = 'multipart/form-data';

export interface Parameter {
  readonly name: string;
  /** `path`, `query` or `header` */
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

/** One way to call the api. */
export interface Operation {
  /** `GET /api/v2/tokens/{id}` */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** In the first type that the document has for it; `undefined` where it takes none. */
  readonly body: { readonly type: string; readonly schema: Schema } | undefined;
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

/** The same operation, with examples in its parameters and its body that work where those of the document do not. */
export function withExamples(
  document: OpenApi,
  operation: Operation,
  examples: Readonly<Record<string, unknown>>,
): Operation {
  const withExample = (name: string, schema: Schema): Schema =>
    examples[name] === undefined ? schema : { ...schema, example: examples[name] };
  const parameters = operation.parameters.map((parameter) => {
    return { ...parameter, schema: withExample(parameter.name, parameter.schema) };
  });
  if (operation.body === undefined) return { ...operation, parameters };
  const schema = document.resolve(operation.body.schema);
  const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, withExample(name, field)]);
  const properties = Object.fromEntries(fields) as Record<string, Schema>;
  return { ...operation, parameters, body: { ...operation.body, schema: { ...schema, properties } } };
}

function toOperation(method: string, path: string, raw: RawOperation): Operation {
  const [body] = Object.entries(raw.requestBody?.content ?? {});
  return {
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    parameters: raw.parameters ?? [],
    body: body === undefined ? undefined : { type: body[0], schema: body[1].schema ?? {} },
    security: (raw.security ?? []).flatMap((requirement) => Object.keys(requirement)),
    statuses: Object.keys(raw.responses).map(Number),
  };
}
