import { css, cx } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import React, { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ListedMetric, NumalensDataSource, Run, Topology } from '../src/datasource/datasource';
import { NumalensQuery } from '../src/datasource/query';
import { View } from '../src/panels/heatmap/View';
import { toModel } from '../src/panels/heatmap/model';
import { defaults } from '../src/panels/heatmap/options';
import { robustMax } from '../src/panels/heatmap/reduce';
import { chooseMetric } from './choose';
import { Tops, chooseGallery, commonMax, keyOf, shownMetric } from './gallery';
import { whole } from './range';
import { useAnswer } from './useAnswer';
import { useListing } from './useListing';
import { useWidth } from './useSize';

interface Props {
  source: NumalensDataSource;
  runs: Run[];
  chosen?: Run;
  now: number;
  onPick: (run: Run, metric: string) => void;
}

const HEIGHT = 96;
const COLUMNS = 200;
/** A run that is still recording is drawn anew this often. */
const STEP_MS = 5000;

/** Each run as a small picture; one click opens it. */
export function Gallery({ source, runs, chosen, now, onPick }: Props) {
  const styles = useStyles2(getStyles);
  const [tops, setTops] = useState<Tops>({});
  const tell = useCallback(
    (key: string, metric: string, max: number) =>
      setTops((old) =>
        old[key]?.max === max && old[key]?.metric === metric ? old : { ...old, [key]: { metric, max } }
      ),
    []
  );
  const cards = useMemo(() => chooseGallery(runs), [runs]);
  return (
    <nav className={styles.gallery} aria-label="Runs" data-testid="gallery">
      {cards.map((run) => (
        <Card
          key={keyOf(run)}
          source={source}
          run={run}
          chosen={chosen !== undefined && keyOf(chosen) === keyOf(run)}
          now={run.state === 'recording' ? Math.floor(now / STEP_MS) * STEP_MS : 0}
          tops={tops}
          onTop={tell}
          onPick={onPick}
        />
      ))}
    </nav>
  );
}

interface CardProps {
  source: NumalensDataSource;
  run: Run;
  chosen: boolean;
  now: number;
  tops: Tops;
  onTop: (key: string, metric: string, max: number) => void;
  onPick: (run: Run, metric: string) => void;
}

function Card({ source, run, chosen, now, tops, onTop, onPick }: CardProps) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const key = keyOf(run);
  const [ref, width] = useWidth<HTMLDivElement>();
  const shown = useShown(source, run);
  const metric = shown ?? undefined;
  const query = useMemo<NumalensQuery | undefined>(
    () =>
      metric && {
        refId: key,
        view: 'heatmap',
        metric: metric.name,
        by: metric.by[0],
        host: run.host,
        run: run.run,
        datasource: { uid: 'numalens' },
      },
    [key, metric, run.host, run.run]
  );
  const { from, to } = whole(run, now);
  const question = useMemo(() => query && { query, from, to, columns: COLUMNS }, [query, from, to]);
  const answer = useAnswer(source, question, toModel);
  const heatmap = answer?.model.heatmap;
  const sequential = metric?.kind !== 'share';
  useEffect(() => {
    if (heatmap && metric && sequential) {
      onTop(key, metric.name, robustMax(heatmap));
    }
  }, [heatmap, metric, sequential, key, onTop]);
  const max = metric && sequential ? commonMax(tops, metric.name) : undefined;
  const options = useMemo(() => ({ ...defaults, showLegend: false, max }), [max]);
  const pick = () => onPick(run, metric?.name ?? '');
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (chosen && card.current) {
      bringIntoView(card.current);
    }
  }, [chosen]);
  return (
    <div ref={card} className={cx(styles.card, chosen && styles.chosen)} data-testid={`card-${key}`}>
      <button type="button" className={styles.pick} aria-pressed={chosen} onClick={pick}>
        <span className={styles.name}>{run.name || run.run}</span>
        <span className={styles.host}>
          {run.state === 'recording' && <i className={styles.dot} />}
          {run.host}
        </span>
      </button>
      <div ref={ref} style={{ height: HEIGHT }}>
        {width > 0 && answer && (
          <View
            model={answer.model}
            from={answer.from}
            to={answer.to}
            compact
            timeZone="browser"
            options={options}
            height={HEIGHT}
            onPick={pick}
            {...{ width, theme }}
          />
        )}
      </div>
      <span className={styles.metric}>{shown === null ? 'Only numbers as they were printed' : metric?.title}</span>
    </div>
  );
}

/** Scrolls the row of cards, and never the page. */
function bringIntoView(card: HTMLElement) {
  const row = card.parentElement;
  const before = row && card.getBoundingClientRect().left - row.getBoundingClientRect().left;
  if (row && before !== null && (before < 0 || before + card.offsetWidth > row.clientWidth)) {
    row.scrollLeft += before;
  }
}

/** The metric that a run's picture is of: what its label says, else the best evidence that it has; null is none. */
function useShown(source: NumalensDataSource, run: Run): ListedMetric | null | undefined {
  const key = keyOf(run);
  const metrics = useListing<ListedMetric>(key, () => source.metrics(run.host, run.run), 0);
  const topology = useListing<Topology>(key, async () => [await source.topology(run.host, run.run)], 0);
  const [machine] = topology.rows;
  return useMemo(
    () =>
      metrics.rows.find((m) => m.available && m.name === shownMetric(run)) ??
      (machine && metrics.key === key ? (chooseMetric(metrics.rows, machine.nodes.length) ?? null) : undefined),
    [metrics.rows, metrics.key, key, machine, run]
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  gallery: css({
    display: 'grid',
    gridAutoFlow: 'column',
    gridAutoColumns: 'minmax(190px, 1fr)',
    gap: theme.spacing(1.5),
    overflowX: 'auto',
    // A lone picture as wide as the page would pass for the figure below it.
    '& > :only-child': { maxWidth: 420 },
  }),
  card: css({
    minWidth: 0,
    padding: theme.spacing(1, 1.25),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    '&:hover': { borderColor: theme.colors.border.strong },
  }),
  chosen: css({ borderColor: theme.colors.primary.border, '&:hover': { borderColor: theme.colors.primary.border } }),
  pick: css({
    all: 'unset',
    cursor: 'pointer',
    display: 'flex',
    width: '100%',
    alignItems: 'baseline',
    justifyContent: 'space-between',
    gap: theme.spacing(1),
    marginBottom: theme.spacing(0.5),
    fontSize: theme.typography.bodySmall.fontSize,
    whiteSpace: 'nowrap',
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}`, outlineOffset: 2 },
  }),
  name: css({ fontWeight: theme.typography.fontWeightMedium, overflow: 'hidden', textOverflow: 'ellipsis' }),
  host: css({ color: theme.colors.text.secondary, display: 'inline-flex', alignItems: 'center', gap: 6 }),
  dot: css({ width: 7, height: 7, borderRadius: '50%', background: theme.colors.error.main }),
  metric: css({ color: theme.colors.text.secondary, fontSize: 11 }),
});
