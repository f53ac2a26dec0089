import { useEffect, useState } from 'react';
import { NumalensQuery } from '../../datasource/query';
import { Heatmap } from './model';

/** The exact counts of one cell: `meta.custom.numalens.cell` of the frame of the view `cell`. */
export interface CellCounts {
  value: number | null;
  numerator: number | null;
  denominator: number | null;
  seconds: number;
  runningShare: number;
}

export type CellQuery = Omit<NumalensQuery, 'refId'>;

/** Rejects, or gives undefined, where the source cannot answer. */
export type FetchCell = (
  query: CellQuery,
  refId: string | undefined,
  signal: AbortSignal
) => Promise<CellCounts | undefined>;

/** A pointer that moves on sooner asks nothing. */
const REST_MS = 150;

export function cellQuery(heatmap: Heatmap, row: number, column: number): CellQuery | undefined {
  const instance = heatmap.rows[row]?.instance;
  const from = heatmap.times[column];
  if (instance === undefined || from === undefined) {
    return undefined;
  }
  const { metric, by, host, run, scope, columnMs } = heatmap;
  const query: CellQuery = { view: 'cell', metric: metric.name, by, host, run, instance, from, to: from + columnMs };
  return scope ? { ...query, scope } : query;
}

/** The counts of the cell that the pointer rests on; undefined until they are there. */
export function useCellCounts(
  query: CellQuery | undefined,
  refId: string | undefined,
  fetchCell: FetchCell | undefined
): CellCounts | undefined {
  const key = query && JSON.stringify(query);
  const [answer, setAnswer] = useState<{ key: string; counts: CellCounts }>();
  useEffect(() => {
    if (!key || !fetchCell) {
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const counts = await fetchCell(JSON.parse(key), refId, abort.signal);
        if (counts && !abort.signal.aborted) {
          setAnswer({ key, counts });
        }
      } catch {
        // The tooltip keeps the volume class, which came with the frame.
      }
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, refId, fetchCell]);
  return answer && answer.key === key ? answer.counts : undefined;
}
