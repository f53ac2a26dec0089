import { CoreApp, DataSourceInstanceSettings, MetricFindValue, ScopedVars } from '@grafana/data';
import { DataSourceWithBackend, HealthCheckResult, getTemplateSrv } from '@grafana/runtime';
import { alternatives } from './filter';
import { Health, tellTested } from './health';
import { By, Metric, NEWEST, NumalensQuery, needsMetric, ofStacks } from './query';
import { Settings } from './settings';

/** One object of the resource `hosts`. */
export interface Host {
  host: string;
  runs: number;
  newestMs: number | null;
}

/** One object of the resource `runs`. */
export interface Run {
  host: string;
  run: string;
  name: string;
  state: 'recording' | 'sealed' | 'recovered';
  startMs: number;
  endMs: number | null;
  command: string[] | string | null;
  labels: Record<string, string> | null;
  rung: number;
  rungName: string;
  emulated: string;
  missing: string[] | null;
  kernel?: string;
  cpuModel?: string;
}

/** One object of the resource `metrics`. */
export interface ListedMetric extends Metric {
  by: By[];
  available: boolean;
  why: string;
  remedy: string;
}

/** The resource `topology`, as far as it is read here; pkg/numa describes it. */
export interface Topology {
  cpus: Array<{ id: number; core: number; socket: number; node: number }>;
  nodes: Array<{ id: number; memory_bytes: number }>;
}

export class NumalensDataSource extends DataSourceWithBackend<NumalensQuery, Settings> {
  /** Annotations are a query like any other: Grafana's own editor shows ours. */
  annotations = {
    getDefaultQuery: (): Partial<NumalensQuery> => ({ view: 'annotations' }),
  };

  constructor(private readonly settings: DataSourceInstanceSettings<Settings>) {
    super(settings);
  }

  /** Grafana shows the test's message; what belongs to a field is told to the config editor. */
  async callHealthCheck(): Promise<HealthCheckResult> {
    const result = await super.callHealthCheck();
    tellTested(this.uid, { settings: this.settings.jsonData, health: (result.details ?? {}) as Health });
    return result;
  }

  /** Alert rules take one number for each CPU or node without a Reduce. */
  getDefaultQuery(app?: CoreApp): Partial<NumalensQuery> {
    return { view: app === CoreApp.UnifiedAlerting ? 'numbers' : 'heatmap' };
  }

  filterQuery(query: NumalensQuery): boolean {
    return !query.hide && (!needsMetric(query.view) || !!query.metric);
  }

  applyTemplateVariables(query: NumalensQuery, scopedVars: ScopedVars): NumalensQuery {
    const fill = (text: string | undefined) => text && getTemplateSrv().replace(text, scopedVars);
    const { metric, by, host, run, filter, file, of } = query;
    return {
      ...query,
      metric: fill(metric),
      by: fill(by) as By | undefined,
      host: fill(host),
      run: fill(run),
      file: fill(file),
      of: fill(of),
      filter: filter && getTemplateSrv().replace(filter, scopedVars, alternatives),
    };
  }

  getQueryDisplayText(query: NumalensQuery): string {
    const place = [query.host, query.run].filter(Boolean).join(' · ');
    const { view, metric, by, remote, filter, scope, of, file } = query;
    const figures = view === 'figures' && [scope, of, file];
    const narrowed =
      (ofStacks(view) || figures) &&
      [...(figures || [remote && 'remote only']), filter && `/${filter}/`].filter(Boolean).join(' ');
    return [view, metric, by && `by ${by}`, narrowed, place].filter(Boolean).join(' ');
  }

  hosts(): Promise<Host[]> {
    return this.getResource('hosts');
  }

  runs(host?: string): Promise<Run[]> {
    return this.getResource('runs', given({ host }));
  }

  metrics(host?: string, run?: string): Promise<ListedMetric[]> {
    return this.getResource('metrics', given({ host, run }));
  }

  topology(host?: string, run?: string): Promise<Topology> {
    return this.getResource('topology', given({ host, run }));
  }

  /** Dashboard variables: `hosts`, `runs`, `runs(HOST)`, `metrics`, `metrics(HOST)`. */
  async metricFindQuery(text: string, options?: { scopedVars?: ScopedVars }): Promise<MetricFindValue[]> {
    const filled = getTemplateSrv().replace(text.trim(), options?.scopedVars);
    const [, what, host] = /^(\w+)(?:\(([^)]*)\))?$/.exec(filled) ?? [];
    switch (what) {
      case 'hosts':
        return (await this.hosts()).map((h) => ({ text: h.host, value: h.host }));
      case 'runs':
        return [
          { text: 'newest in the time range', value: NEWEST },
          ...(await this.runs(host)).map((r) => ({ text: r.name ? `${r.name} (${r.run})` : r.run, value: r.run })),
        ];
      case 'metrics':
        return (await this.metrics(host)).filter((m) => m.available).map((m) => ({ text: m.title, value: m.name }));
      default:
        throw new Error(`variable query “${text}” is not known; use hosts, runs, runs(HOST), metrics or metrics(HOST)`);
    }
  }
}

function given(params: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).flatMap(([key, value]) => (value ? [[key, getTemplateSrv().replace(value)]] : []))
  );
}
