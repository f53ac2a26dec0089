import { DataFrame, DataQueryRequest, DataQueryResponse, LoadingState, makeTimeRange, dateTime } from '@grafana/data';
import { useEffect, useRef, useState } from 'react';
import { Subscription, from as toObservable } from 'rxjs';
import { NumalensDataSource } from '../src/datasource/datasource';
import { NumalensQuery } from '../src/datasource/query';
import { sentence } from './services';

/** What an answer's frames are made into: something to draw, or only the sentence that says why there is nothing. */
interface Drawn {
  problem?: string;
}

/** A picture and what it answers: its own range, not the one being asked for now. */
export interface Answer<M extends Drawn> {
  key: string;
  model: M;
  from: number;
  to: number;
  request: DataQueryRequest<NumalensQuery>;
  /** Why the latest repeat failed, while the picture is from before. */
  problem?: string;
}

export interface Question {
  query: NumalensQuery;
  from: number;
  to: number;
  columns: number;
}

/**
 * The answer to the latest question. The old picture stays until the new one
 * is there. A new query drops the one under way; a mere step of the time
 * range waits for it, so that a slow server is not flooded. toModel stays the
 * same from render to render.
 */
export function useAnswer<M extends Drawn>(
  source: NumalensDataSource,
  question: Question | undefined,
  toModel: (frames: DataFrame[]) => M
): Answer<M> | undefined {
  const [answer, setAnswer] = useState<Answer<M>>();
  const running = useRef<{ key: string; sub: Subscription }>(undefined);
  const waiting = useRef<Question>(undefined);

  useEffect(() => {
    if (!question) {
      return;
    }
    const ask = (q: Question) => {
      const key = JSON.stringify(q.query);
      if (running.current?.key === key) {
        waiting.current = q;
        return;
      }
      running.current?.sub.unsubscribe();
      waiting.current = undefined;
      const request = requestOf(q);
      const sub = new Subscription();
      running.current = { key, sub };
      const done = (a: (old: Answer<M> | undefined) => Answer<M>) => {
        running.current = undefined;
        setAnswer(a);
        const next = waiting.current;
        waiting.current = undefined;
        if (next) {
          ask(next);
        }
      };
      sub.add(
        toObservable(source.query(request)).subscribe({
          next: (response) => {
            if (response.state !== LoadingState.Loading) {
              done((old) => answerOf(key, q, request, response, toModel, old));
            }
          },
          error: (e) => done((old) => failed(key, q, request, sentence(e), old)),
        })
      );
    };
    ask(question);
  }, [source, question, toModel]);

  useEffect(() => () => running.current?.sub.unsubscribe(), []);
  return answer;
}

function requestOf({ query, from, to, columns }: Question): DataQueryRequest<NumalensQuery> {
  return {
    requestId: `workbench-${query.refId}`,
    interval: '1s',
    intervalMs: 1000,
    maxDataPoints: columns,
    range: makeTimeRange(dateTime(from), dateTime(to)),
    scopedVars: {},
    targets: [query],
    timezone: 'browser',
    app: 'workbench',
    startTime: Date.now(),
  };
}

function answerOf<M extends Drawn>(
  key: string,
  q: Question,
  request: DataQueryRequest<NumalensQuery>,
  response: DataQueryResponse,
  toModel: (frames: DataFrame[]) => M,
  old?: Answer<M>
): Answer<M> {
  const error = response.errors?.[0]?.message ?? response.error?.message;
  if (error) {
    return failed(key, q, request, error, old);
  }
  return { key, model: toModel(response.data), from: q.from, to: q.to, request };
}

function failed<M extends Drawn>(
  key: string,
  q: Question,
  request: DataQueryRequest<NumalensQuery>,
  problem: string,
  old?: Answer<M>
): Answer<M> {
  if (old?.key === key && old.model.problem === undefined) {
    return { ...old, problem };
  }
  return { key, model: { problem } as M, from: q.from, to: q.to, request };
}
