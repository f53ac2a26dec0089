import { DataSourceInstanceSettings, EventBusSrv, PluginType } from '@grafana/data';
import {
  BackendSrv,
  BackendSrvRequest,
  DataSourceSrv,
  FetchResponse,
  TemplateSrv,
  config,
  setAppEvents,
  setBackendSrv,
  setDataSourceSrv,
  setTemplateSrv,
} from '@grafana/runtime';
import { initializeLoggersRegistry, reloadDataSourceInstanceSettings } from '@grafana/runtime/unstable';
import { Observable, lastValueFrom, map, switchMap } from 'rxjs';
import { fromFetch } from 'rxjs/fetch';
import { NumalensDataSource } from '../src/datasource/datasource';
import { plugin } from '../src/datasource/module';
import dsJson from '../src/datasource/plugin.json';
import { Settings } from '../src/datasource/settings';

// What Grafana gives to a plugin, as far as this page's code asks for it: HTTP,
// the one data source, and template variables that are not there.

function fetchJSON<T>(request: BackendSrvRequest): Observable<FetchResponse<T>> {
  const query = request.params ? '?' + new URLSearchParams(request.params).toString() : '';
  return fromFetch(request.url + query, {
    method: request.method ?? 'GET',
    headers: { 'Content-Type': 'application/json', ...request.headers },
    body: request.data === undefined ? undefined : JSON.stringify(request.data),
  }).pipe(
    switchMap(async (response) => ({ response, data: await bodyOf(response) })),
    map(({ response, data }) => {
      const { status, statusText, ok, headers, redirected, type, url } = response;
      const out: FetchResponse<T> = { data, status, statusText, ok, headers, redirected, type, url, config: request };
      if (!ok) {
        throw out;
      }
      return out;
    })
  );
}

async function bodyOf(response: Response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { error: text.trim() || `the server answered ${response.status} without a reason` };
  }
}

export async function startServices(): Promise<NumalensDataSource> {
  initializeLoggersRegistry();
  const settings = {
    id: 1,
    uid: 'numalens',
    name: 'numalens',
    type: dsJson.id,
    readOnly: true,
    access: 'proxy',
    jsonData: {},
    meta: { ...dsJson, module: '', baseUrl: '', type: PluginType.datasource },
  } as unknown as DataSourceInstanceSettings<Settings>;
  config.datasources = { numalens: settings };
  setBackendSrv(backendFor(settings));
  const templates: TemplateSrv = {
    getVariables: () => [],
    replace: (text) => text ?? '',
    containsTemplate: () => false,
    updateTimeRange: () => {},
  };
  setTemplateSrv(templates);
  setAppEvents(new EventBusSrv());
  // Fills the runtime's table of data sources; must come before the service is set, which would answer in its place.
  await reloadDataSourceInstanceSettings();

  const source = new plugin.DataSourceClass(settings);
  const sources: Partial<DataSourceSrv> = {
    get: async () => source as never,
    getList: () => [settings],
    getInstanceSettings: () => settings,
  };
  setDataSourceSrv(sources as DataSourceSrv);
  return source;
}

function backendFor(settings: DataSourceInstanceSettings<Settings>): BackendSrv {
  const page = { datasources: { numalens: settings }, defaultDatasource: 'numalens' };
  const backend: Partial<BackendSrv> = {
    fetch: fetchJSON,
    get: async (url, params) => {
      if (url === '/api/frontend/settings') {
        return page as never;
      }
      return (await lastValueFrom(fetchJSON({ url, method: 'GET', params }))).data as never;
    },
  };
  return backend as BackendSrv;
}

/** The sentence in whatever a failed request throws. */
export function sentence(error: unknown): string {
  const e = error as {
    data?: { error?: string; message?: string; results?: unknown };
    message?: string;
    status?: number;
  };
  if (error instanceof TypeError) {
    // What fetch throws when nothing listens.
    return 'The server does not answer. Is numalens still running?';
  }
  const words = e?.data?.error ?? e?.data?.message ?? e?.message;
  return words || (e?.status ? `The server answered ${e.status}.` : String(error));
}
