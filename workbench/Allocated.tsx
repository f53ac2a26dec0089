import { Button, RadioButtonGroup, useTheme2 } from '@grafana/ui';
import React, { useMemo, useState } from 'react';
import { ListedMetric, NumalensDataSource, Run } from '../src/datasource/datasource';
import { NumalensQuery } from '../src/datasource/query';
import { noticesOf } from '../src/panels/heatmap/Notices';
import { Card, Nothing } from './Card';
import { Narrow } from './Narrow';
import { View as FlameView } from './flame/View';
import { Colouring } from './flame/colour';
import { toFlame } from './flame/model';
import { View as HotspotsView } from './hotspots/View';
import { toHotspots } from './hotspots/model';
import { Place } from './place';
import { Span } from './range';
import { Question, useAnswer } from './useAnswer';
import { SetPlace } from './usePlace';

interface Props {
  source: NumalensDataSource;
  run: Run;
  metrics: ListedMetric[];
  metric: ListedMetric;
  span: Span;
  place: Place;
  setPlace: SetPlace;
  /** The same metric over time; a drag over it narrows the rest. */
  children: React.ReactNode;
}

/** Who allocated what: when, who, and from which stack. */
export function Allocated({ children, ...props }: Props) {
  return (
    <>
      <Narrow metrics={props.metrics} metric={props.metric} place={props.place} setPlace={props.setPlace} />
      {children}
      <WhoCard {...props} />
      <FlameCard {...props} />
    </>
  );
}

/** A live page asks for sums of its whole range this often, and not at every column. */
const STEP_MS = 5000;

const FEW = 20;
const MANY = 1000;

type Part = Omit<Props, 'children'>;

function useQuestion({ run, metric, span, place }: Part, view: 'hotspots' | 'flame', limit?: number): Question {
  const { from, to } = useSteps(span);
  const remote = place.remote !== undefined || undefined;
  return useMemo(() => {
    const query: NumalensQuery = {
      refId: 'A',
      view,
      metric: metric.name,
      host: run.host,
      run: run.run,
      remote,
      filter: place.filter,
      limit,
      datasource: { uid: 'numalens' },
    };
    return { query, from, to, columns: 1 };
  }, [view, metric.name, run.host, run.run, remote, place.filter, limit, from, to]);
}

function useSteps({ from, to, raw }: Span): { from: number; to: number } {
  const step = raw.to.startsWith('now') ? STEP_MS : 1;
  return { from: Math.floor(from / step) * step, to: Math.ceil(to / step) * step };
}

function WhoCard(props: Part) {
  const { source, metric, place, setPlace } = props;
  const theme = useTheme2();
  const [limit, setLimit] = useState(FEW);
  const question = useQuestion(props, 'hotspots', limit);
  const answer = useAnswer(source, question, toHotspots);
  const hotspots = answer?.model.hotspots;
  const counted = metric.name.endsWith('_count');
  return (
    <Card
      title="Hotspots"
      about={hotspots && aboutRows(hotspots.found, hotspots.rows.length, counted)}
      problem={answer?.problem}
      notices={hotspots && noticesOf(hotspots)}
      loading={!answer}
      stale={isStale(answer?.key, question)}
      testId="hotspots-card"
      actions={
        limit < MANY &&
        hotspots &&
        hotspots.found > limit && (
          <Button size="sm" fill="text" variant="secondary" onClick={() => setLimit(limit * 5)}>
            Show more
          </Button>
        )
      }
    >
      {() =>
        hotspots && hotspots.rows.length > 0 ? (
          <HotspotsView
            key={metric.name}
            hotspots={hotspots}
            theme={theme}
            onFilter={(filter) => setPlace({ filter })}
          />
        ) : (
          answer && <Nothing>{answer.model.problem ?? whyNone(place)}</Nothing>
        )
      }
    </Card>
  );
}

function FlameCard(props: Part) {
  const { source, place } = props;
  const theme = useTheme2();
  const [colouring, setColouring] = useState<Colouring>('remote');
  const question = useQuestion(props, 'flame');
  const answer = useAnswer(source, question, toFlame);
  const flame = answer?.model.flame;
  return (
    <Card
      title="By stack"
      about="under the node that was given; the outermost frame on top"
      problem={answer?.problem}
      loading={!answer}
      stale={isStale(answer?.key, question)}
      testId="flame-card"
      actions={
        <RadioButtonGroup
          aria-label="Colour"
          size="sm"
          options={COLOURINGS}
          value={colouring}
          onChange={(c) => setColouring(c)}
        />
      }
    >
      {(width) =>
        flame ? (
          <FlameView flame={flame} colouring={colouring} width={width} theme={theme} />
        ) : (
          answer && <Nothing>{narrowed(place) ? whyNone(place) : answer.model.problem}</Nothing>
        )
      }
    </Card>
  );
}

const COLOURINGS: Array<{ value: Colouring; label: string }> = [
  { value: 'remote', label: 'Remote share' },
  { value: 'node', label: 'Node' },
];

function aboutRows(found: number, rows: number, counted: boolean): string {
  const sum = counted ? 'by count' : 'by bytes';
  return found > rows ? `the greatest ${rows - 1} of ${found.toLocaleString('en-GB')}, ${sum}` : sum;
}

function isStale(key: string | undefined, { query }: Question): boolean {
  return key !== undefined && key !== JSON.stringify(query);
}

function narrowed({ remote, filter }: Place): boolean {
  return remote !== undefined || filter !== undefined;
}

function whyNone(place: Place): string {
  const parts = [place.remote && 'was given on another node', place.filter && `is found by “${place.filter}”`];
  const which = parts.filter(Boolean).join(' and ');
  return which ? `Nothing in this time range ${which}.` : 'Nothing was allocated in this time range.';
}
