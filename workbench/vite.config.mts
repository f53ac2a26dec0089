import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { Plugin, defineConfig } from 'vite';
import { bench1, cellResponse, heatmapResponse, small } from '../src/panels/heatmap/fixture';
import { flameResponse, hotspotsResponse } from './tracedfixture';
import { hostsOf, metricsOf, runsOf, topologyOf } from './fixture';

const here = import.meta.dirname;
const modules = resolve(here, '../node_modules');

// Where `npm run workbench:dev` gets its answers from; without it, invented ones.
const server = process.env.NUMALENS_SERVER;

export default defineConfig({
  root: here,
  base: './',
  define: { 'process.env.NODE_ENV': JSON.stringify('production') },
  // Two copies of any of these break contexts and hooks.
  resolve: {
    dedupe: ['react', 'react-dom', 'rxjs', '@emotion/css', '@grafana/data', '@grafana/ui', '@grafana/runtime'],
  },
  build: { outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 8000 },
  plugins: [assets(), ...(server ? [] : [fixtures()])],
  server: server ? { proxy: { '/api': server } } : {},
});

/** The files that Grafana's own server gives to @grafana/ui: icons and the font. */
function assets(): Plugin {
  const put = (from: string, to: string) =>
    cpSync(resolve(modules, from), resolve(here, 'dist', to), { recursive: true });
  return {
    name: 'numalens-assets',
    apply: 'build',
    closeBundle() {
      mkdirSync(resolve(here, 'dist'), { recursive: true });
      put('@grafana/ui/dist/public/img/icons', 'public/build/img/icons');
      // Asked for by the time picker, but not in the package: the mirror image of its twin.
      const icons = resolve(here, 'dist/public/build/img/icons/unicons');
      const right = readFileSync(resolve(icons, 'angle-double-right.svg'), 'utf8');
      writeFileSync(
        resolve(icons, 'angle-double-left.svg'),
        right.replace('<path ', '<path transform="matrix(-1 0 0 1 24 0)" ')
      );
      put('@fontsource/inter/files/inter-latin-400-normal.woff2', 'public/fonts/inter/Inter-Regular.woff2');
      put('@fontsource/inter/files/inter-latin-500-normal.woff2', 'public/fonts/inter/Inter-Medium.woff2');
      cpSync(resolve(here, '../src/img/logo.svg'), resolve(here, 'dist/logo.svg'));
      // The folder is committed empty, so that Go's embed finds it before the page is built.
      writeFileSync(resolve(here, 'dist/.gitkeep'), '');
    },
  };
}

/** Answers without a recording, to work on the page; for `vite` and for `vite preview`. */
function fixtures(): Plugin {
  const machines = [bench1, small];
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    const url = new URL(req.url ?? '/', 'http://localhost');
    const machine = machines.find((m) => m.host === url.searchParams.get('host')) ?? bench1;
    const resource = url.pathname.split('/').pop();
    res.setHeader('Content-Type', 'application/json');
    if (resource === 'query') {
      const body = JSON.parse(await text(req));
      const [query] = body.queries;
      const on = machines.find((m) => m.host === query.host) ?? bench1;
      const asked = { columns: query.maxDataPoints, from: Number(body.from), to: Number(body.to), ...query };
      const views: Record<string, () => ReturnType<typeof cellResponse>> = {
        cell: () => cellResponse(asked),
        hotspots: () => hotspotsResponse(query),
        flame: () => flameResponse(query),
      };
      const answer = views[query.view]?.() ?? heatmapResponse(on, asked);
      res.end(JSON.stringify({ results: { [query.refId]: answer.results.A } }));
      return;
    }
    const answers: Record<string, unknown> = {
      hosts: hostsOf(machines),
      runs: runsOf(machine),
      metrics: metricsOf(machine),
      topology: topologyOf(machine),
    };
    res.end(JSON.stringify(answers[resource ?? ''] ?? {}));
  };
  return {
    name: 'numalens-fixtures',
    configureServer({ middlewares }) {
      middlewares.use('/public/build/img', (req, _res, next) => {
        req.url = `/@fs${modules}/@grafana/ui/dist/public/img${req.url}`;
        next();
      });
      middlewares.use('/api/', answer);
    },
    configurePreviewServer({ middlewares }) {
      middlewares.use('/api/', answer);
    },
  };
}

async function text(req: IncomingMessage): Promise<string> {
  const chunks = [];
  for await (const chunk of req) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
