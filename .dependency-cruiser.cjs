/** Packages that speak to one kind of store, and the only folder that may import them. */
const DRIVER_PACKAGES = [
  {
    name: 'sqlite',
    packages: 'better-sqlite3|better-sqlite3-v13|@types/better-sqlite3',
    folder: '^libs/(storage|tunnel-tokens)/sqlite/',
  },
  { name: 'mongo', packages: 'mongoose|mongodb|@nestjs/mongoose', folder: '^libs/storage/mongo/' },
  { name: 'redis', packages: 'ioredis', folder: '^libs/(?:redis|[^/]+/redis)/' },
  { name: 'etcd', packages: 'etcd3', folder: '^libs/[^/]+/etcd/' },
  { name: 's3', packages: '@aws-sdk/[^/]+', folder: '^libs/file-storage/s3/' },
];

/** Tests may reach anywhere: they play the operator, the tenant and the disk. */
const TESTS = '^test/|[.-]spec\\.ts$';
const PURE_LIBS = 'domain|yamux|frp-wire|stream-kit';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'apps-stay-apart',
      comment: 'What two apps share belongs into a library.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/', pathNot: '^src/$1/' },
    },
    {
      name: 'libs-know-no-app',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^src/' },
    },
    {
      name: 'test-support-in-tests-only',
      severity: 'error',
      from: { path: '^(src|libs)/', pathNot: [TESTS, '^libs/testing/'] },
      to: { path: '^(test|libs/testing)/' },
    },
    {
      name: 'libs-by-their-index',
      comment: 'A library is imported as @tollgate/<name>; what its index.ts does not export is its own affair.',
      severity: 'error',
      from: { path: '^(?:src|libs|test)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/', pathNot: ['^libs/[^/]+/index\\.ts$', '^libs/$1/'] },
    },
    {
      name: 'pure-libs-import-node-only',
      comment:
        'The domain and the protocol code depend on nothing that could go out of date: on streams of bytes, which are our own, and on two bindings to native code.',
      severity: 'error',
      from: { path: `^libs/(${PURE_LIBS})/`, pathNot: TESTS },
      to: {
        dependencyTypesNot: ['core'],
        pathNot: ['^libs/$1/', '^libs/stream-kit/index\\.ts$', 'node_modules/(?:snappy|@node-rs/crc32)/'],
      },
    },
    {
      name: 'client-imports-node-only',
      comment: 'libs/client is what others install: it brings nothing along.',
      severity: 'error',
      from: { path: '^libs/client/', pathNot: TESTS },
      to: { path: 'node_modules/|^libs/', pathNot: '^libs/client/' },
    },
    ...DRIVER_PACKAGES.map(({ name, packages, folder }) => ({
      name: `${name}-in-its-driver`,
      severity: 'error',
      from: { pathNot: [folder, TESTS] },
      to: { path: `node_modules/(?:${packages})/` },
    })),
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-undeclared-package',
      comment:
        "libs/client has a package.json of its own, which lists what it needs when installed; its tests use the project's.",
      severity: 'error',
      from: { pathNot: '^libs/client/.*\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-package-in-the-product',
      severity: 'error',
      from: { path: '^(src|libs)/', pathNot: [TESTS, '^libs/testing/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^(src|libs)/', pathNot: [TESTS, '/main\\.ts$', '/index\\.ts$'] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'require', 'import', 'default', 'types'],
    },
    combinedDependencies: false,
  },
};
