import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const NO_ENVIRONMENT = [
  "MemberExpression[object.name='process'][property.name='env']",
  "MemberExpression[object.name='process'][property.value='env']",
  "VariableDeclarator[init.name='process'] > ObjectPattern > Property[key.name='env']",
  "ImportDeclaration[source.value=/^(node:)?process$/] > ImportSpecifier[imported.name='env']",
].map((selector) => ({ selector, message: 'Read the environment in main.ts and hand it to loadSettings.' }));

export default defineConfig(
  { ignores: ['dist/', 'data/', 'coverage/', '.cache/', '**/node_modules/', 'docs/'] },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-var': 'error',
      'no-unused-vars': 'error',
      'no-undef-init': 'error',
      'no-constructor-return': 'error',
      'no-template-curly-in-string': 'error',
      'no-unreachable-loop': 'error',
      'no-else-return': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'prefer-template': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-unused-vars': 'off',
      '@typescript-eslint/consistent-type-definitions': 'error',
      // Off: a constructor parameter needs its class at run time, or Nest finds nothing to inject.
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/explicit-member-accessibility': ['error', { accessibility: 'no-public' }],
      // Nest modules are classes with a decorator and nothing inside.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      // Off: Nest declares its options as classes and means any object of that shape.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Off: a row's type is known to the caller of a query and to nobody else.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/strict-boolean-expressions': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    // What runs in a browser; its types stand in comments.
    files: ['src/*/*/assets/*.js'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-unused-vars': 'off',
      '@typescript-eslint/no-unused-vars': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['src/*/main.ts', 'test/**'],
    rules: { 'no-restricted-syntax': ['error', ...NO_ENVIRONMENT] },
  },
  {
    // A command line speaks on the console.
    files: ['src/cli/**/*.ts', 'scripts/**', 'bench/**', 'test/load/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.spec.ts', '**/*-spec.ts', 'test/**/*.ts', 'libs/testing/**/*.ts'],
    rules: {
      // A suite that is skipped says so.
      'no-console': ['error', { allow: ['warn'] }],
      '@typescript-eslint/explicit-function-return-type': 'off',
      // expect(mock.method) and the like.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      // The alphabets spread there are ASCII.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
