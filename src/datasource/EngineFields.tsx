import { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Alert, DataSourceHttpSettings, Field, FieldSet, Input, RadioButtonGroup, Stack, Text } from '@grafana/ui';
import React from 'react';
import { Secrets, Settings, checkHistory, checkSelector } from './settings';

type Props = Pick<DataSourcePluginOptionsEditorProps<Settings, Secrets>, 'options' | 'onOptionsChange'> & {
  /** What the server said of the address. */
  wrong?: string;
};

type Kind = 'prometheus' | '';

const KINDS: Array<{ label: string; value: Kind }> = [
  { label: 'None', value: '' },
  { label: 'Prometheus-compatible', value: 'prometheus' },
];

/** Where a fleet's agents send their series. How it is reached is Grafana's own setting of a data source. */
export function EngineFields({ options, onOptionsChange, wrong }: Props) {
  const { jsonData } = options;
  const set = (part: Partial<Settings>) => onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });
  const wrongSelector = checkSelector(jsonData.engineSelector);
  const wrongHistory = checkHistory(jsonData.engineHistoryDays);
  return (
    <FieldSet label="Engine of a fleet">
      <Stack direction="column" gap={2}>
        <Text color="secondary">
          Prometheus, VictoriaMetrics, Mimir or Thanos, to which agents send sums by node. It has no CPUs, addresses or
          stacks.
        </Text>
        <RadioButtonGroup<Kind>
          aria-label="Engine"
          options={KINDS}
          value={jsonData.engine ?? ''}
          onChange={(v) => set({ engine: v || undefined })}
        />
      </Stack>
      {jsonData.engine && (
        <>
          {wrong && <Alert severity="error" title={wrong} />}
          <DataSourceHttpSettings
            defaultUrl="http://engine:9090"
            dataSourceConfig={options}
            onChange={(changed) => onOptionsChange({ ...options, ...changed })}
          />
          <Field
            label="Only series with"
            description="Labels as in PromQL; empty: all."
            invalid={!!wrongSelector}
            error={wrongSelector}
          >
            <Input
              width={60}
              aria-label="Labels of the engine's series"
              placeholder='cluster="lab"'
              value={jsonData.engineSelector ?? ''}
              onChange={(e) => set({ engineSelector: e.currentTarget.value || undefined })}
            />
          </Field>
          <Field
            label="Days back"
            description="How far back runs are looked for. Empty: 30."
            invalid={!!wrongHistory}
            error={wrongHistory}
          >
            <Input
              width={20}
              type="number"
              aria-label="Days that the engine is looked back"
              placeholder="30"
              value={jsonData.engineHistoryDays ?? ''}
              onChange={(e) => set({ engineHistoryDays: Number(e.currentTarget.value) || undefined })}
            />
          </Field>
        </>
      )}
    </FieldSet>
  );
}
