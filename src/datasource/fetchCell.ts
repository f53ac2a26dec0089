import { DataQueryRequest, DataQueryResponse, makeTimeRange, dateTime } from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import { defaultIfEmpty, firstValueFrom, from, fromEvent, takeUntil } from 'rxjs';
import { NumalensQuery } from './query';

export interface Cell {
  value: number | null;
  numerator: number | null;
  denominator: number | null;
  seconds: number;
  runningShare: number;
}

const PLUGIN = 'numalens-datasource';
let turn = 0;

/**
 * Asks the data source behind a panel's request for one cell. Undefined where
 * the panel's data does not come from numalens, or the cell has no answer.
 */
export async function fetchCell(
  request: DataQueryRequest | undefined,
  query: Omit<NumalensQuery, 'refId'>,
  refId: string | undefined,
  signal: AbortSignal
): Promise<Cell | undefined> {
  const target = request?.targets.find((t) => t.refId === refId) ?? request?.targets[0];
  if (!request || !target) {
    return undefined;
  }
  const source = await getDataSourceSrv().get(target.datasource, request.scopedVars);
  if (source.type !== PLUGIN || signal.aborted) {
    return undefined;
  }
  const answer = source.query({
    ...request,
    requestId: `numalens-cell-${turn++}`,
    maxDataPoints: 1,
    range: makeTimeRange(dateTime(query.from), dateTime(query.to)),
    targets: [{ ...query, refId: 'cell', datasource: target.datasource }],
  });
  const none: DataQueryResponse = { data: [] };
  const response = await firstValueFrom(from(answer).pipe(takeUntil(fromEvent(signal, 'abort')), defaultIfEmpty(none)));
  return response.data[0]?.meta?.custom?.numalens?.cell;
}
