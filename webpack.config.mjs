import CopyPlugin from 'copy-webpack-plugin';
import fs from 'node:fs';
import path from 'node:path';

const root = import.meta.dirname;
const read = (file) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));
const { version } = read('package.json');
const { id } = read('src/plugin.json');
const epoch = process.env.SOURCE_DATE_EPOCH;
const today = (epoch ? new Date(Number(epoch) * 1000) : new Date()).toISOString().slice(0, 10);

// The app and the plugins nested in it. Each has a plugin.json beside its module.
const plugins = ['', 'datasource/', 'panels/heatmap/'];

const fill = (content) =>
  content.toString().replaceAll('%VERSION%', version).replaceAll('%TODAY%', today).replaceAll('%PLUGIN_ID%', id);

export default (_env, argv) => ({
  mode: argv.mode,
  context: path.join(root, 'src'),
  devtool: 'source-map',
  entry: Object.fromEntries(plugins.map((dir) => [`${dir}module`, `./${dir}module`])),
  // What Grafana gives to every plugin. Bundling a second copy of these breaks contexts and hooks.
  externals: [
    'lodash',
    'moment',
    'react',
    'react-dom',
    'rxjs',
    'rxjs/operators',
    '@emotion/css',
    '@emotion/react',
    /^@grafana\/(data|runtime|ui)$/,
  ],
  module: {
    rules: [
      {
        test: /\.tsx?$/,
        exclude: /node_modules/,
        loader: 'swc-loader',
        options: {
          jsc: {
            target: 'es2022',
            parser: { syntax: 'typescript', tsx: true },
            // Classic JSX: Grafana 12 runs React 18, Grafana 13 runs React 19; only createElement is the same in both.
            transform: { react: { runtime: 'classic' } },
          },
        },
      },
    ],
  },
  resolve: { extensions: ['.ts', '.tsx', '.js'] },
  performance: {
    hints: argv.mode === 'production' ? 'error' : false,
    maxEntrypointSize: 150_000,
    maxAssetSize: 400_000,
  },
  output: {
    path: path.join(root, 'dist'),
    filename: '[name].js',
    library: { type: 'amd' },
    publicPath: `public/plugins/${id}/`,
    uniqueName: id,
    // The Go backend is built into dist/datasource by itself.
    clean: { keep: /gpx_|go_plugin_build_manifest/ },
  },
  plugins: [
    new CopyPlugin({
      patterns: [
        ...plugins.flatMap((dir) => [
          { from: `${dir}plugin.json`, to: `${dir}plugin.json`, transform: fill },
          { from: 'img', to: `${dir}img` },
        ]),
        { from: 'README.md', to: 'README.md' },
        { from: '../LICENSE', to: 'LICENSE', toType: 'file', noErrorOnMissing: true },
        { from: '../CHANGELOG.md', to: 'CHANGELOG.md', noErrorOnMissing: true },
      ],
    }),
  ],
});
