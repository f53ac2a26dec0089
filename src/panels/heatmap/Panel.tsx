import { LoadingState, PanelProps } from '@grafana/data';
import { usePanelContext, useTheme2 } from '@grafana/ui';
import React, { useCallback, useMemo } from 'react';
import { fetchCell as fetchFrom } from '../../datasource/fetchCell';
import { View } from './View';
import { FetchCell } from './cell';
import { toModel } from './model';
import { HeatmapOptions } from './options';

/** Brings Grafana's props to the View. */
export function Panel({ data, options, width, height, timeZone, onChangeTimeRange }: PanelProps<HeatmapOptions>) {
  const { eventBus } = usePanelContext();
  const { request, series, timeRange, state } = data;
  const error = data.errors?.[0]?.message ?? data.error?.message;
  const model = useMemo(() => {
    if (series.length === 0 && (error || state === LoadingState.Loading)) {
      return { problem: error ?? 'Loading…' };
    }
    return toModel(series);
  }, [series, error, state]);
  const fetchCell = useCallback<FetchCell>(
    (query, refId, signal) => fetchFrom(request, query, refId, signal),
    [request]
  );
  const onZoom = useCallback((from: number, to: number) => onChangeTimeRange({ from, to }), [onChangeTimeRange]);
  return (
    <View
      model={model}
      from={timeRange.from.valueOf()}
      to={timeRange.to.valueOf()}
      theme={useTheme2()}
      {...{ width, height, timeZone, options, eventBus, onZoom, fetchCell }}
    />
  );
}
