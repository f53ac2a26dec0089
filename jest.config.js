process.env.TZ = 'UTC';

module.exports = {
  testEnvironment: 'jest-environment-jsdom',
  roots: ['<rootDir>/src', '<rootDir>/workbench'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/workbench/dist'],
  setupFilesAfterEnv: ['<rootDir>/tests/jest/setup.js'],
  moduleNameMapper: {
    '\\.(css|svg)$': '<rootDir>/tests/jest/asset.js',
    '^react-inlinesvg$': '<rootDir>/tests/jest/icon.js',
  },
  transform: {
    '^.+\\.m?[tj]sx?$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        jsc: {
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'classic' } },
          target: 'es2022',
        },
      },
    ],
  },
  // Grafana's packages and many that they use are ES modules only.
  transformIgnorePatterns: [],
};
