import { css, cx } from '@emotion/css';
import { EventBus, GrafanaTheme2 } from '@grafana/data';
import { Icon, LoadingBar, Tooltip, useStyles2, useTheme2 } from '@grafana/ui';
import React, { useCallback, useMemo } from 'react';
import { ListedMetric, NumalensDataSource } from '../src/datasource/datasource';
import { fetchCell as fetchFrom } from '../src/datasource/fetchCell';
import { By, NumalensQuery } from '../src/datasource/query';
import { View } from '../src/panels/heatmap/View';
import { FetchCell } from '../src/panels/heatmap/cell';
import { toModel } from '../src/panels/heatmap/model';
import { defaults } from '../src/panels/heatmap/options';
import { Span } from './range';
import { useAnswer } from './useAnswer';
import { useWidth } from './useSize';

interface Props {
  source: NumalensDataSource;
  host: string;
  run: string;
  metric: ListedMetric;
  by: By;
  span: Span;
  bus: EventBus;
  /** The large figure, with legend and notices. */
  main?: boolean;
  chosen?: boolean;
  /** Beside the grouping: what the picture is not narrowed to. */
  about?: string;
  actions?: React.ReactNode;
  onZoom: (from: number, to: number) => void;
  onPick?: () => void;
}

const BY: Record<By, string> = { cpu: 'by CPU', node: 'by node', socket: 'by socket', host: 'whole host' };

/** One heatmap with its title, drawn by the panel's own View. */
export function Figure({
  source,
  host,
  run,
  metric,
  by,
  span,
  bus,
  main,
  chosen,
  about,
  actions,
  onZoom,
  onPick,
}: Props) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const [ref, width] = useWidth<HTMLDivElement>();
  const query = useMemo<NumalensQuery>(
    () => ({ refId: 'A', view: 'heatmap', metric: metric.name, by, host, run, datasource: { uid: 'numalens' } }),
    [metric.name, by, host, run]
  );
  const columns = columnsFor(width);
  const { from, to } = span;
  const question = useMemo(() => (columns > 0 ? { query, from, to, columns } : undefined), [query, from, to, columns]);
  const answer = useAnswer(source, question, toModel);
  const scoped = useMemo(
    () => bus.newScopedBus(`${metric.name}-${by}-${main}`, { onlyLocal: false }),
    [bus, metric.name, by, main]
  );
  const fetchCell = useCallback<FetchCell>(
    (q, refId, signal) => fetchFrom(answer?.request, q, refId, signal),
    [answer?.request]
  );
  const tall = main ? heightFor(answer?.model.heatmap?.rows.length) : tileHeight();
  const stale = answer !== undefined && answer.key !== JSON.stringify(query);
  return (
    <section
      className={cx(styles.card, chosen && styles.chosen)}
      data-testid={main ? 'main-figure' : `tile-${metric.name}-${by}`}
    >
      <header className={styles.head}>
        {onPick ? (
          <button type="button" className={styles.pick} onClick={onPick} aria-pressed={chosen}>
            {metric.title}
          </button>
        ) : (
          <h2 className={styles.title}>{metric.title}</h2>
        )}
        <span className={styles.by}>{[BY[by], about].filter(Boolean).join('; ')}</span>
        {main && (
          <Tooltip content={metric.help}>
            <Icon name="info-circle" className={styles.info} tabIndex={0} aria-label={metric.help} />
          </Tooltip>
        )}
        {answer?.problem && (
          <span className={styles.problem} role="status">
            {answer.problem}
          </span>
        )}
        <span className={styles.actions}>{actions}</span>
      </header>
      <div ref={ref} className={cx(stale && styles.stale)} style={{ height: tall }}>
        {width > 0 && !answer && <LoadingBar width={width} />}
        {width > 0 && answer && (
          <View
            model={answer.model}
            from={answer.from}
            to={answer.to}
            compact={!main}
            timeZone="browser"
            options={defaults}
            eventBus={scoped}
            height={tall}
            {...{ width, theme, onZoom, onPick, fetchCell }}
          />
        )}
      </div>
    </section>
  );
}

/** Rows as tall as is pleasant, within about half of the page. */
function heightFor(rows: number | undefined): number {
  const most = Math.max(340, Math.round(globalThis.innerHeight * 0.56));
  return rows === undefined ? most : Math.min(most, Math.max(260, rows * 48 + 90));
}

function tileHeight(): number {
  return Math.min(220, Math.max(132, Math.round(globalThis.innerHeight * 0.14)));
}

/** As many as there are pixels, in steps, so that a window being resized does not ask at each pixel. */
function columnsFor(width: number): number {
  const pixels = width * Math.min(2, globalThis.devicePixelRatio || 1);
  return Math.min(10_000, Math.ceil(pixels / 100) * 100);
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    minWidth: 0,
    padding: theme.spacing(1.5, 2, 1),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  chosen: css({ borderColor: theme.colors.primary.border }),
  head: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(0.5, 1),
    minHeight: 28,
    marginBottom: theme.spacing(0.5),
    whiteSpace: 'nowrap',
  }),
  title: css({
    margin: 0,
    fontSize: theme.typography.h5.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  }),
  pick: css({
    all: 'unset',
    cursor: 'pointer',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    fontWeight: theme.typography.fontWeightMedium,
    fontSize: theme.typography.bodySmall.fontSize,
    '&:hover': { textDecoration: 'underline' },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}`, outlineOffset: 2 },
  }),
  by: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  info: css({ color: theme.colors.text.secondary }),
  problem: css({
    color: theme.colors.warning.text,
    fontSize: theme.typography.bodySmall.fontSize,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  }),
  actions: css({ marginLeft: 'auto', display: 'flex', alignItems: 'center', gap: theme.spacing(1) }),
  stale: css({ opacity: 0.45, transition: 'opacity 150ms 150ms' }),
});
