import { css } from '@emotion/css';
import { QueryEditorProps, dateTimeFormat, getValueFormats } from '@grafana/data';
import { Combobox, InlineField, InlineFieldRow, InlineLabel, RadioButtonGroup, Stack, Text } from '@grafana/ui';
import React, { useEffect, useState } from 'react';
import { FigureFields } from './FigureFields';
import { StackFields } from './StackFields';
import { Host, ListedMetric, NumalensDataSource, Run } from './datasource';
import { byOptions, hostOptions, metricOptions, runOptions } from './pickers';
import { By, NumalensQuery, Scope, View, fits, needsMetric, ofStacks } from './query';
import { Settings } from './settings';

const VIEWS: Array<{ value: View; label: string; description: string }> = [
  {
    value: 'heatmap',
    label: 'Heatmap',
    description: 'One row for each CPU or node, with volumes, for the numalens heatmap',
  },
  { value: 'series', label: 'Series', description: 'The same as plain time series, for other panels' },
  {
    value: 'numbers',
    label: 'Numbers',
    description: 'One number a row over the whole time range, for alert rules and stats',
  },
  { value: 'hotspots', label: 'Hotspots', description: 'A table of who allocated, and on which node it was given' },
  { value: 'flame', label: 'Flame', description: 'The same by stack, for a flame graph' },
  { value: 'figures', label: 'Figures', description: 'A table of numbers as other tools printed them' },
  { value: 'metrics', label: 'Metrics', description: 'What a run can be asked' },
  { value: 'runs', label: 'Runs', description: 'What was recorded' },
  { value: 'topology', label: 'Topology', description: 'CPUs and memory nodes' },
  { value: 'annotations', label: 'Annotations', description: 'Runs, marks and losses' },
];

const SCOPES: Array<{ value: Scope | ''; label: string; description: string }> = [
  { value: '', label: 'Widest', description: 'The widest that was recorded' },
  { value: 'cpu', label: 'CPU', description: 'Everything that ran on a CPU' },
  { value: 'process_cpu', label: 'Command', description: 'The recorded command only' },
];

const EVERY: By[] = ['cpu', 'node', 'socket', 'host'];

type Props = QueryEditorProps<NumalensDataSource, NumalensQuery, Settings>;

export function QueryEditor({ datasource, query, onChange, onRunQuery }: Props) {
  const hosts = useListing<Host>(() => datasource.hosts(), [datasource]);
  const runs = useListing<Run>(() => datasource.runs(query.host), [datasource, query.host]);
  const metrics = useListing<ListedMetric>(
    () => datasource.metrics(query.host, query.run),
    [datasource, query.host, query.run]
  );
  const metric = metrics.rows.find((m) => m.name === query.metric);
  const view = query.view ?? 'heatmap';
  const change = (part: Partial<NumalensQuery>) => {
    onChange({ ...query, view, ...part });
    onRunQuery();
  };
  const changeView = (next: View) => {
    const other = (next === 'figures') !== (view === 'figures') ? { scope: undefined, filter: undefined } : {};
    const kept = query.metric === undefined || fits(next, query.metric);
    const first = metrics.rows.find((m) => m.available && fits(next, m.name))?.name;
    change({ view: next, ...other, ...(kept ? {} : { metric: first, by: undefined }) });
  };
  // What a Combobox gives is taken up a moment later: within its own update,
  // Grafana 12's Explore falls into an endless one and shows an error instead
  // (grafana/grafana#130469).
  const changeLater = (part: Partial<NumalensQuery>) => setTimeout(() => change(part));

  return (
    <Stack direction="column" gap={0.5}>
      <InlineFieldRow>
        <InlineLabel width={10}>View</InlineLabel>
        <div className={narrow}>
          <RadioButtonGroup aria-label="View" options={VIEWS} value={view} onChange={changeView} />
        </div>
      </InlineFieldRow>
      {needsMetric(view) && (
        <InlineFieldRow>
          <InlineField label="Metric" labelWidth={10} grow shrink invalid={!!metrics.problem} error={metrics.problem}>
            <Combobox
              aria-label="Metric"
              placeholder="Choose a metric"
              createCustomValue
              options={metricOptions(metrics.rows.filter((m) => fits(view, m.name)))}
              value={query.metric ?? null}
              onChange={({ value }) => changeLater({ metric: value, by: undefined })}
            />
          </InlineField>
          {!ofStacks(view) && (
            <InlineField label="By" tooltip="One row for each">
              <RadioButtonGroup
                options={byOptions(metric?.by ?? EVERY)}
                value={query.by ?? metric?.by[0]}
                onChange={(by) => change({ by })}
              />
            </InlineField>
          )}
        </InlineFieldRow>
      )}
      {view === 'figures' && <FigureFields query={query} onChange={change} />}
      {ofStacks(view) && <StackFields view={view} query={query} onChange={change} />}
      <InlineFieldRow>
        <InlineField label="Host" labelWidth={10} invalid={!!hosts.problem} error={hosts.problem}>
          <Combobox
            aria-label="Host"
            placeholder="the only one"
            width={28}
            isClearable
            createCustomValue
            options={hostOptions(hosts.rows)}
            value={query.host ?? null}
            onChange={(option) => changeLater({ host: option?.value, run: undefined })}
          />
        </InlineField>
        {needsMetric(view) && !ofStacks(view) && (
          <InlineField label="Scope" tooltip="What counters counted">
            <RadioButtonGroup<Scope | ''>
              options={SCOPES}
              value={(query.scope as Scope | undefined) ?? ''}
              onChange={(scope) => change({ scope: scope || undefined })}
            />
          </InlineField>
        )}
        {view !== 'runs' && view !== 'annotations' && (
          <InlineField label="Run" shrink invalid={!!runs.problem} error={runs.problem}>
            <Combobox
              aria-label="Run"
              placeholder="the newest in the time range"
              width={40}
              isClearable
              createCustomValue
              options={runOptions(runs.rows, (ms) => dateTimeFormat(ms))}
              value={query.run ?? null}
              onChange={(option) => changeLater({ run: option?.value })}
            />
          </InlineField>
        )}
      </InlineFieldRow>
      {metric && needsMetric(view) && <Help metric={metric} />}
    </Stack>
  );
}

function Help({ metric }: { metric: ListedMetric }) {
  const parts = [
    metric.help,
    metric.denominator && `Denominator: ${metric.denominator}.`,
    metric.unit && `Unit: ${unitName(metric.unit)}.`,
    metric.rung > 0 && `Evidence: ${metric.rungName} (rung ${metric.rung}).`,
    !metric.available && `Not available: ${metric.why}`,
  ];
  return (
    <Text variant="bodySmall" color={metric.available ? 'secondary' : 'warning'}>
      {parts.filter(Boolean).join(' ')}
    </Text>
  );
}

/** What Grafana calls the unit in its own pickers. */
function unitName(id: string): string {
  const known = getValueFormats()
    .flatMap(({ submenu }) => submenu ?? [])
    .find(({ value }) => value === id);
  return known?.text ?? id.replace(/^suffix:/, '').trim();
}

/** In a narrow page the views are scrolled, not cut off. */
const narrow = css({ flex: '1 1 0', minWidth: 0, overflowX: 'auto' });

/** Rows of a resource, or why there are none. An answer that comes late for an older question is dropped. */
function useListing<T>(load: () => Promise<T[]>, inputs: unknown[]): { rows: T[]; problem?: string } {
  const [listing, setListing] = useState<{ rows: T[]; problem?: string }>({ rows: [] });
  useEffect(() => {
    let current = true;
    load().then(
      (rows) => current && setListing({ rows }),
      (e) => current && setListing({ rows: [], problem: e?.data?.error ?? e?.data?.message ?? e?.message ?? String(e) })
    );
    return () => {
      current = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- load is made anew in each render; inputs is what it reads
  }, inputs);
  return listing;
}
