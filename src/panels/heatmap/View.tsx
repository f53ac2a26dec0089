import { css, cx } from '@emotion/css';
import { EventBus, GrafanaTheme2 } from '@grafana/data';
import React, { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { css as cssColour } from '../../canvas/colour';
import { Legend, LEGEND_HEIGHT } from './Legend';
import { Notices, noticesHeight, noticesOf } from './Notices';
import { Tooltip } from './Tooltip';
import { CellQuery, FetchCell, cellQuery, useCellCounts } from './cell';
import { useCrosshair, useSendCrosshair } from './crosshair';
import { CellAt, cellAt, describe } from './describe';
import { draw } from './draw';
import { boxOf, hit } from './hit';
import { Layout, layOut, timeToX, xToTime } from './layout';
import { Heatmap, Model } from './model';
import { HeatmapOptions } from './options';
import { Palette, colourOf, makePalette } from './palette';
import { usePointer } from './pointer';
import { Grid, VALUE, reduce, robustMax } from './reduce';

export interface ViewProps {
  model: Model;
  /** The time axis, ms. Columns may cover only a part of it. */
  from: number;
  to: number;
  width: number;
  height: number;
  theme: GrafanaTheme2;
  timeZone: string;
  options: HeatmapOptions;
  /** Short labels, no notices: for small pictures beside a large one. */
  compact?: boolean;
  eventBus?: EventBus;
  onZoom?: (from: number, to: number) => void;
  /** A click, as opposed to a drag. */
  onPick?: () => void;
  fetchCell?: FetchCell;
}

/** The heatmap, or the sentence that says why there is none. */
export function View({ model, ...props }: ViewProps) {
  const { width, height, theme } = props;
  if (!model.heatmap) {
    const style = css({
      width,
      height,
      display: 'grid',
      placeItems: 'center',
      textAlign: 'center',
      padding: theme.spacing(2),
      color: theme.colors.text.secondary,
      textWrap: 'balance',
    });
    return (
      <div className={style} data-testid="heatmap-problem" role="status">
        <span style={{ maxWidth: 560 }}>{model.problem}</span>
      </div>
    );
  }
  return <Picture heatmap={model.heatmap} {...props} />;
}

function Picture({
  heatmap,
  from,
  to,
  width,
  height,
  theme,
  timeZone,
  options,
  compact,
  eventBus,
  onZoom,
  onPick,
  fetchCell,
}: Omit<ViewProps, 'model'> & { heatmap: Heatmap }) {
  const styles = useMemo(() => getStyles(theme), [theme]);
  const [open, setOpen] = useState(false);
  const notices = compact ? [] : noticesOf(heatmap);
  const legend = options.showLegend && !compact ? LEGEND_HEIGHT : 0;
  const canvasHeight = Math.max(1, height - legend - noticesHeight(notices.length, open));
  const { layout, grid, palette, clipped } = usePicture(
    heatmap,
    { from, to, width, height: canvasHeight, compact: !!compact },
    theme,
    options
  );

  const canvas = useRef<HTMLCanvasElement>(null);
  const wrapper = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { colors, typography } = theme;
    const ink = {
      text: colors.text.secondary,
      strong: colors.text.primary,
      line: colors.border.strong,
      font: typography.fontFamily,
    };
    if (canvas.current) {
      draw(canvas.current, layout, heatmap, grid, palette, ink, timeZone);
    }
  }, [heatmap, layout, grid, palette, theme, timeZone]);

  const { handlers, point, brush, keyboard } = usePointer(layout, grid, onZoom, onPick);
  const at = point && hit(layout, grid, point.x, point.y);
  const cell = at && cellAt(grid, at.row, at.column);
  const counts = useCellCounts(cell && asked(heatmap, grid, cell, brush !== undefined), heatmap.refId, fetchCell);
  useSendCrosshair(eventBus, point && Math.round(xToTime(layout, point.x)));
  const elsewhere = useCrosshair(eventBus);

  const description = cell && describe(heatmap, grid, cell, counts, timeZone);
  const box = at && boxOf(layout, grid, at);
  const crosshair = point
    ? point.x
    : elsewhere !== undefined && elsewhere >= from && elsewhere <= to
      ? timeToX(layout, elsewhere)
      : undefined;
  const { plot } = layout;
  const origin = point && wrapper.current?.getBoundingClientRect();
  return (
    <div style={{ width, height }}>
      {notices.length > 0 && <Notices notices={notices} open={open} onToggle={() => setOpen(true)} theme={theme} />}
      <div
        ref={wrapper}
        className={styles.wrapper}
        style={{ width, height: canvasHeight }}
        tabIndex={0}
        role="img"
        aria-label={`${heatmap.metric.title} by ${heatmap.by}: ${heatmap.rows.length} rows, ${heatmap.times.length} columns. Arrow keys move from cell to cell.`}
        data-testid="heatmap"
        data-metric={heatmap.metric.name}
        data-by={heatmap.by}
        data-plot-left={plot.left}
        data-plot-top={plot.top}
        data-plot-width={plot.width}
        data-plot-height={plot.height}
        data-rows={grid.rows}
        data-columns={grid.columns}
        data-column-ms={grid.columnMs}
        data-first-column={grid.from}
        data-from={from}
        data-to={to}
        {...handlers}
      >
        <canvas ref={canvas} style={{ width, height: canvasHeight, display: 'block' }} data-testid="heatmap-canvas" />
        {crosshair !== undefined && (
          <div
            data-testid="crosshair"
            className={styles.crosshair}
            style={{ left: crosshair, top: plot.top, height: plot.height }}
          />
        )}
        {box && (
          <div
            className={styles.cell}
            style={{ ...box, width: Math.max(3, box.width), height: Math.max(3, box.height) }}
          />
        )}
        {brush && (
          <div
            className={styles.brush}
            style={{
              left: Math.min(brush.from, brush.to),
              width: Math.abs(brush.to - brush.from),
              top: plot.top,
              height: plot.height,
            }}
          />
        )}
        <span className={cx(styles.spoken)} aria-live="polite">
          {keyboard &&
            description &&
            `${description.title}, ${description.time}, ${description.value}. ${description.counts}`}
        </span>
      </div>
      {legend > 0 && <Legend heatmap={heatmap} palette={palette} clipped={clipped} theme={theme} width={width} />}
      {description && origin && !brush && (
        <Tooltip
          description={description}
          swatch={swatch(grid, palette, cell, heatmap)}
          x={origin.left + point.x}
          y={origin.top + point.y}
          theme={theme}
        />
      )}
    </div>
  );
}

function usePicture(
  heatmap: Heatmap,
  page: { from: number; to: number; width: number; height: number; compact: boolean },
  theme: GrafanaTheme2,
  options: HeatmapOptions
): { layout: Layout; grid: Grid; palette: Palette; clipped: boolean } {
  const { from, to, width, height, compact } = page;
  const pixelRatio = window.devicePixelRatio || 1;
  const layout = useMemo(
    () => layOut({ from, to, width, height, compact, pixelRatio, groups: heatmap.groups, rows: heatmap.rows }),
    [from, to, width, height, compact, pixelRatio, heatmap]
  );
  const grid = useMemo(() => {
    const covered = (heatmap.columnMs * heatmap.times.length) / (layout.to - layout.from);
    return reduce(heatmap, layout.plot.width * pixelRatio * Math.max(covered, 0), layout.plot.height * pixelRatio);
  }, [heatmap, layout, pixelRatio]);
  const diverging = options.scale === 'auto' ? heatmap.metric.kind === 'share' : options.scale === 'diverging';
  const max = useMemo(() => {
    const whole = diverging && heatmap.metric.kind === 'share';
    return options.max && options.max > 0 ? options.max : whole ? 1 : robustMax(heatmap);
  }, [heatmap, diverging, options.max]);
  const weighted = heatmap.rows.some((r) => r.volumes);
  const palette = useMemo(
    () => makePalette(theme.isDark, diverging, max, weighted),
    [theme.isDark, diverging, max, weighted]
  );
  const clipped = useMemo(() => grid.value.some((v) => v > max * 1.000001), [grid, max]);
  return { layout, grid, palette, clipped };
}

function asked(heatmap: Heatmap, grid: Grid, cell: CellAt, brushing: boolean): CellQuery | undefined {
  const exact = heatmap.metric.kind !== 'gauge' && grid.state[cell.index] === VALUE;
  return exact && !brushing ? cellQuery(heatmap, cell.row, cell.column) : undefined;
}

function swatch(grid: Grid, palette: Palette, cell: CellAt | undefined, heatmap: Heatmap): string {
  if (!cell || grid.state[cell.index] !== VALUE) {
    return 'none';
  }
  const weighted = heatmap.rows[cell.row].volumes !== undefined;
  return cssColour(colourOf(palette, grid.value[cell.index], weighted ? grid.volume[cell.index] : undefined));
}

const getStyles = (theme: GrafanaTheme2) => ({
  wrapper: css({
    position: 'relative',
    cursor: 'crosshair',
    touchAction: 'pan-y',
    userSelect: 'none',
    '&:focus': { outline: 'none' },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}`, outlineOffset: 2 },
  }),
  crosshair: css({
    position: 'absolute',
    width: 0,
    borderLeft: `1px dashed ${theme.colors.text.primary}`,
    opacity: 0.6,
    pointerEvents: 'none',
  }),
  cell: css({
    position: 'absolute',
    pointerEvents: 'none',
    boxShadow: `0 0 0 1px ${theme.colors.background.primary}, 0 0 0 2px ${theme.colors.text.maxContrast}`,
  }),
  brush: css({
    position: 'absolute',
    pointerEvents: 'none',
    background: theme.colors.primary.transparent,
    border: `1px solid ${theme.colors.primary.border}`,
    borderWidth: '0 1px',
  }),
  spoken: css({ position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' }),
});
