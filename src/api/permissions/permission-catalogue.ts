/** One entry of the catalogue. */
export interface Permission {
  readonly scope: string;
  readonly description: string;
  readonly example: string;
}

export interface PermissionCategory {
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly Permission[];
}

const resource = (
  name: string,
  description: string,
  actions: Readonly<Record<string, string>>,
): PermissionCategory => ({
  name,
  description,
  permissions: [
    ...Object.entries(actions).map(([action, text]) => ({
      scope: `${name}:${action}`,
      description: text,
      example: `"scope": ["${name}:${action}"]`,
    })),
    { scope: `${name}:*`, description: `Every action on ${name}`, example: `"scope": ["${name}:*"]` },
  ],
});

/** The contract's catalogue. It informs; any other `resource:action` may be granted too. */
export const PERMISSION_CATALOGUE: readonly PermissionCategory[] = [
  resource('storage', 'Objects and buckets', {
    read: 'Read objects',
    write: 'Write objects',
    delete: 'Delete objects',
    list: 'List objects',
  }),
  resource('cdn', 'Content delivery', {
    refresh: 'Refresh cached content',
    purge: 'Purge cached content',
    prefetch: 'Prefetch content',
  }),
  resource('user', 'Users', { read: 'Read users', write: 'Write users', delete: 'Delete users' }),
  resource('token', 'Tokens', {
    create: 'Create tokens',
    read: 'Read tokens',
    write: 'Change tokens',
    delete: 'Delete tokens',
  }),
  resource('tunnel', 'Tunnels', { read: 'Read tunnel tokens', write: 'Create, change and delete tunnel tokens' }),
  {
    name: 'all',
    description: 'Everything',
    permissions: [{ scope: '*', description: 'Every action on every resource', example: '"scope": ["*"]' }],
  },
];
