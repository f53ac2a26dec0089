import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const runtime = { name: '@grafana/runtime', message: 'Only Panel.tsx, module.ts and src/datasource know the runtime.' };

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/',
      'dist/',
      'workbench/dist/',
      'test-results/',
      'playwright-report/',
      'bin/',
      'pkg/',
      'cmd/',
      'bench/',
    ],
  },
  ...tseslint.configs.recommended,
  hooks.configs.flat.recommended,
  { files: ['**/*.js'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: ['src/canvas/**', 'src/panels/*/{View,model,draw}*'],
    rules: { 'no-restricted-imports': ['error', { paths: [runtime] }] },
  },
  { files: ['tests/**'], rules: { 'react-hooks/rules-of-hooks': 'off' } }
);
