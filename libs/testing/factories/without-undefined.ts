/** Values for some fields of `T`; `undefined` takes a field away that the factory would fill. */
export type Overrides<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Drops keys whose value is `undefined`, because our entities leave an optional field out rather than empty. */
export function withoutUndefined<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
