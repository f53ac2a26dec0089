import { DataQueryRequest, DataQueryResponse, FieldType, toDataFrame } from '@grafana/data';
import { act, renderHook } from '@testing-library/react';
import { Subject } from 'rxjs';
import { NumalensDataSource } from '../src/datasource/datasource';
import { NumalensQuery } from '../src/datasource/query';
import { toModel } from '../src/panels/heatmap/model';
import { Question, useAnswer } from './useAnswer';

interface Asked {
  request: DataQueryRequest<NumalensQuery>;
  answer: Subject<DataQueryResponse>;
}

function start(first: Question) {
  const asked: Asked[] = [];
  const source = {
    query: (request: DataQueryRequest<NumalensQuery>) => {
      const answer = new Subject<DataQueryResponse>();
      asked.push({ request, answer });
      return answer;
    },
  } as unknown as NumalensDataSource;
  const hook = renderHook(({ question }) => useAnswer(source, question, toModel), {
    initialProps: { question: first },
  });
  const ask = (question: Question) => hook.rerender({ question });
  const reply = (i: number, response: DataQueryResponse) => act(() => asked[i].answer.next(response));
  return { asked, ask, reply, current: () => hook.result.current };
}

const question = (metric: string, from: number): Question => ({
  query: { refId: 'A', view: 'heatmap', metric },
  from,
  to: from + 1000,
  columns: 100,
});

function frame(name: string): DataQueryResponse {
  return {
    data: [
      toDataFrame({
        fields: [
          { name: 'time', type: FieldType.time, values: [1] },
          { name, type: FieldType.number, values: [1] },
        ],
      }),
    ],
  };
}

test('the old picture stays until the new one is there, with its own range', () => {
  const t = start(question('a', 0));
  t.reply(0, frame('a'));
  t.ask(question('a', 500));
  expect(t.current()).toMatchObject({ from: 0, to: 1000 });
  t.reply(1, frame('a'));
  expect(t.current()).toMatchObject({ from: 500, to: 1500 });
});

test('an answer to an older question is never shown', () => {
  const t = start(question('a', 0));
  t.ask(question('b', 0));
  expect(t.asked[0].answer.observed).toBe(false);
  t.reply(1, frame('b'));
  t.reply(0, frame('a'));
  expect(t.current()?.model.heatmap?.metric.name).toBe('b');
});

test('a slow server is asked once at a time; then for the latest range', () => {
  const t = start(question('a', 0));
  t.ask(question('a', 1000));
  t.ask(question('a', 2000));
  expect(t.asked).toHaveLength(1);
  t.reply(0, frame('a'));
  expect(t.asked).toHaveLength(2);
  expect(t.asked[1].request.range.from.valueOf()).toBe(2000);
});

test('a failed repeat keeps the picture and says so; a failed question is the sentence', () => {
  const t = start(question('a', 0));
  t.reply(0, frame('a'));
  t.ask(question('a', 1000));
  act(() => t.asked[1].answer.error({ status: 502 }));
  expect(t.current()).toMatchObject({ from: 0, problem: 'The server answered 502.' });
  t.ask(question('b', 1000));
  t.reply(2, { data: [], errors: [{ message: 'metric “b” is not there' }] });
  expect(t.current()?.model).toEqual({ problem: 'metric “b” is not there' });
});
