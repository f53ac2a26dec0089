import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { Button, Combobox, useStyles2, useTheme2 } from '@grafana/ui';
import React, { useMemo, useState } from 'react';
import { NumalensDataSource, Run } from '../../src/datasource/datasource';
import { NumalensQuery, Sort } from '../../src/datasource/query';
import { Card, Nothing } from '../Card';
import { Filter } from '../Narrow';
import { Place } from '../place';
import { Span } from '../range';
import { Question, useAnswer } from '../useAnswer';
import { SetPlace } from '../usePlace';
import { Series } from './Series';
import { Table } from './Table';
import { Figures, exactly, keyOf, readKey, toFigures } from './model';

interface Props {
  source: NumalensDataSource;
  run: Run;
  span: Span;
  place: Place;
  setPlace: SetPlace;
}

const FEW = 200;
const MOST = 10_000;
const SORTS: Sort[] = ['name', 'value', 'time'];

/** What other tools printed: every number with its file and line, and one of them over time. */
export function Imported(props: Props) {
  const { source, run, span, place, setPlace } = props;
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const [limit, setLimit] = useState(FEW);
  const sort = SORTS.find((s) => s === place.sort);
  const { filter, scope, file } = place;
  const question = useQuestion(props, { filter, scope, file, sort, limit });
  const answer = useAnswer(source, question, toFigures);
  const figures = answer?.model.figures;
  const stale = answer !== undefined && answer.key !== JSON.stringify(question.query);
  return (
    <>
      <SeriesCard {...props} />
      <div className={styles.row} data-testid="narrow-figures">
        <Filter
          filter={filter ?? ''}
          placeholder="Search: a name, an instance, a label"
          onFilter={(text) => setPlace({ filter: text || undefined })}
        />
        <div className={styles.pick}>
          <Combobox
            aria-label="Of a"
            placeholder="of anything"
            isClearable
            options={optionsOf(figures?.scopes, scope)}
            value={scope ?? null}
            onChange={(o) => setPlace({ scope: o?.value })}
          />
        </div>
        <div className={styles.pick}>
          <Combobox
            aria-label="File"
            placeholder="in any file"
            isClearable
            options={optionsOf(figures?.files, file)}
            value={file ?? null}
            onChange={(o) => setPlace({ file: o?.value })}
          />
        </div>
      </div>
      <Card
        title="As printed"
        about={figures && aboutRows(figures)}
        problem={answer?.problem}
        notices={figures?.notices.filter((text) => !/^Only \d+ of \d+ figures/.test(text))}
        loading={!answer}
        stale={stale}
        testId="figures-card"
        actions={
          figures &&
          figures.found > limit &&
          limit < MOST && (
            <Button size="sm" fill="text" variant="secondary" onClick={() => setLimit((n) => Math.min(MOST, n * 5))}>
              Show more
            </Button>
          )
        }
      >
        {(width) =>
          figures && figures.rows.length > 0 ? (
            <Table
              rows={figures.rows}
              sort={sort ?? 'line'}
              chosen={place.figure}
              wide={width > 860}
              theme={theme}
              onSort={(s) => setPlace({ sort: s === 'line' ? undefined : s })}
              onPick={(row) => setPlace({ figure: keyOf(row) === place.figure ? undefined : keyOf(row) })}
            />
          ) : (
            answer && <Nothing>{answer.model.problem ?? whyNone(place, run, span)}</Nothing>
          )
        }
      </Card>
    </>
  );
}

function SeriesCard({ source, run, span, place, setPlace }: Props) {
  const theme = useTheme2();
  const key = useMemo(() => readKey(place.figure), [place.figure]);
  const question = useQuestion(
    { run, span },
    {
      filter: key && exactly(key.name),
      scope: key?.scope,
      of: key?.instance,
      file: key?.file,
      sort: 'time',
      limit: MOST,
    }
  );
  const answer = useAnswer(source, key && question, toFigures);
  if (!key) {
    return null;
  }
  const rows = answer?.model.figures?.rows.filter((r) => keyOf(r) === place.figure) ?? [];
  return (
    <Card
      title={key.name}
      about={[key.scope, key.instance, key.device, `in ${key.file}`].filter(Boolean).join(' ')}
      problem={answer?.problem}
      loading={!answer}
      stale={answer !== undefined && answer.key !== JSON.stringify(question.query)}
      testId="figure-card"
      actions={
        <Button
          size="sm"
          fill="text"
          variant="secondary"
          icon="times"
          aria-label="Close"
          onClick={() => setPlace({ figure: undefined })}
        />
      }
    >
      {(width) =>
        rows.length > 0 ? (
          <Series rows={rows} from={span.from} to={span.to} width={width} theme={theme} />
        ) : (
          answer && <Nothing>{answer.model.problem ?? 'It has no value in this time range.'}</Nothing>
        )
      }
    </Card>
  );
}

function useQuestion({ run, span }: Pick<Props, 'run' | 'span'>, part: Partial<NumalensQuery>): Question {
  const text = JSON.stringify(part);
  return useMemo(() => {
    const query: NumalensQuery = {
      refId: 'A',
      view: 'figures',
      host: run.host,
      run: run.run,
      ...(JSON.parse(text) as Partial<NumalensQuery>),
      datasource: { uid: 'numalens' },
    };
    return { query, from: span.from, to: span.to, columns: 1 };
  }, [run.host, run.run, text, span.from, span.to]);
}

function optionsOf(counts: Record<string, number> | undefined, chosen: string | undefined) {
  const names = Object.keys(counts ?? {}).sort();
  if (chosen && !names.includes(chosen)) {
    names.push(chosen);
  }
  return names.map((value) => ({
    value,
    label: value,
    description: `${(counts?.[value] ?? 0).toLocaleString('en-GB')}`,
  }));
}

function aboutRows({ rows, found }: Figures): string {
  const whole = (n: number) => n.toLocaleString('en-GB');
  return found > rows.length ? `${whole(rows.length)} of ${whole(found)} numbers` : `${whole(found)} numbers`;
}

function whyNone({ filter, scope, file }: Place, run: Run, span: Span): string {
  const narrowed = [filter && `is found by “${filter}”`, scope && `is of a ${scope}`, file && `is in ${file}`].filter(
    Boolean
  );
  if (narrowed.length > 0) {
    return `No number in this time range ${narrowed.join(' and ')}.`;
  }
  return span.from > (run.endMs ?? Infinity) || span.to < run.startMs
    ? 'The run lies outside of this time range.'
    : 'No number was printed in this time range.';
}

const getStyles = (theme: GrafanaTheme2) => ({
  row: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'flex-start', gap: theme.spacing(1, 1.5) }),
  pick: css({ flex: '1 1 140px', maxWidth: 300 }),
});
