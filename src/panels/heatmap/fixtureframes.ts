import { DataFrameJSON, dataFrameFromJSON } from '@grafana/data';
import { By } from '../../datasource/query';
import { Machine, heatmapResponse } from './fixture';
import { Heatmap, toModel } from './model';

// The fixture's answers as the page gets them.

const from = Date.UTC(2026, 10, 24, 6, 50, 0);

export function frameOf(machine: Machine, metric: string, by: By, columns = 100, ms = 60_000) {
  const json = heatmapResponse(machine, { view: 'heatmap', metric, by, from, to: from + ms, columns });
  return dataFrameFromJSON(json.results.A.frames[0] as unknown as DataFrameJSON);
}

export function heatmapOf(...args: Parameters<typeof frameOf>): Heatmap {
  const { heatmap, problem } = toModel([frameOf(...args)]);
  if (!heatmap) {
    throw new Error(problem);
  }
  return heatmap;
}
