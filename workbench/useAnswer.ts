import { DataQueryRequest, DataQueryResponse, LoadingState, makeTimeRange, dateTime } from '@grafana/data';
import { useEffect, useRef, useState } from 'react';
import { Subscription, from as toObservable } from 'rxjs';
import { NumalensDataSource } from '../src/datasource/datasource';
import { NumalensQuery } from '../src/datasource/query';
import { Model, toModel } from '../src/panels/heatmap/model';
import { sentence } from './services';

/** A picture and what it answers: its own range, not the one being asked for now. */
export interface Answer {
  key: string;
  model: Model;
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
 * range waits for it, so that a slow server is not flooded.
 */
export function useAnswer(source: NumalensDataSource, question: Question | undefined): Answer | undefined {
  const [answer, setAnswer] = useState<Answer>();
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
      const done = (a: (old: Answer | undefined) => Answer) => {
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
              done((old) => answerOf(key, q, request, response, old));
            }
          },
          error: (e) => done((old) => failed(key, q, request, sentence(e), old)),
        })
      );
    };
    ask(question);
  }, [source, question]);

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

function answerOf(
  key: string,
  q: Question,
  request: DataQueryRequest<NumalensQuery>,
  response: DataQueryResponse,
  old?: Answer
): Answer {
  const error = response.errors?.[0]?.message ?? response.error?.message;
  if (error) {
    return failed(key, q, request, error, old);
  }
  return { key, model: toModel(response.data), from: q.from, to: q.to, request };
}

function failed(
  key: string,
  q: Question,
  request: DataQueryRequest<NumalensQuery>,
  problem: string,
  old?: Answer
): Answer {
  if (old?.key === key && old.model.heatmap) {
    return { ...old, problem };
  }
  return { key, model: { problem }, from: q.from, to: q.to, request };
}
