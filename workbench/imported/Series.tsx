import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import React, { useMemo } from 'react';
import { formatTime, timeTicks } from '../../src/canvas/timeaxis';
import { axisOf, linesOf } from './axis';
import { Figure, exactText, valueText } from './model';

interface Props {
  rows: Figure[];
  from: number;
  to: number;
  width: number;
  theme: GrafanaTheme2;
}

const HEIGHT = 220;
const LEFT = 76;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 24;
/** Beyond so many, points are a line only. */
const POINTS = 600;

/** One number's values over time; what the tool could not give breaks the line and is marked below it. */
export function Series({ rows, from, to, width, theme }: Props) {
  const styles = useMemo(() => getStyles(theme), [theme]);
  const unit = rows[0].unit;
  const axis = useMemo(() => axisOf(rows.flatMap((r) => (r.value === undefined ? [] : [r.value]))), [rows]);
  const inside = { width: Math.max(1, width - LEFT - RIGHT), height: HEIGHT - TOP - BOTTOM };
  // A point at the very end is of the picture too.
  const [first, last] = [Math.min(from, rows[0].ms), Math.max(to, rows[rows.length - 1].ms)];
  const x = (ms: number) => LEFT + ((ms - first) / Math.max(1, last - first)) * inside.width;
  const y = (v: number) => TOP + (1 - (v - axis.low) / (axis.high - axis.low)) * inside.height;
  const missing = rows.filter((r) => r.value === undefined);
  return (
    <svg
      width={width}
      height={HEIGHT}
      className={styles.svg}
      role="img"
      aria-label={`${rows[0].name}: ${rows.length} values`}
      data-testid="figure-series"
      data-points={rows.length - missing.length}
      data-missing={missing.length}
    >
      {axis.ticks.map((v) => (
        <g key={v}>
          <line className={styles.grid} x1={LEFT} x2={width - RIGHT} y1={y(v)} y2={y(v)} />
          <text className={styles.label} x={LEFT - 8} y={y(v)} textAnchor="end" dominantBaseline="middle">
            {valueText(v, unit)}
          </text>
        </g>
      ))}
      {timeTicks(first, last, inside.width, 'browser').map(({ ms, label }) => (
        <text key={ms} className={styles.label} x={x(ms)} y={HEIGHT - 8} textAnchor="middle">
          {label}
        </text>
      ))}
      {linesOf(rows).map((line) => (
        <polyline
          key={line[0].ms}
          className={styles.line}
          points={line.map((r) => `${x(r.ms).toFixed(1)},${y(r.value ?? 0).toFixed(1)}`).join(' ')}
        />
      ))}
      {rows.length <= POINTS &&
        rows.map((r, i) => (
          <circle
            key={i}
            className={r.value === undefined ? styles.missing : styles.point}
            cx={x(r.ms)}
            cy={r.value === undefined ? TOP + inside.height : y(r.value)}
            r={3}
          >
            <title>{`${formatTime(r.ms, 1, 'browser')}  ${exactText(r)}  ${r.file}:${r.line}`}</title>
          </circle>
        ))}
    </svg>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const blue = theme.visualization.getColorByName('blue');
  return {
    svg: css({ display: 'block', overflow: 'visible' }),
    grid: css({ stroke: theme.colors.border.weak }),
    label: css({ fill: theme.colors.text.secondary, fontSize: 11, fontVariantNumeric: 'tabular-nums' }),
    line: css({ fill: 'none', stroke: blue, strokeWidth: 1.5 }),
    point: css({ fill: blue }),
    missing: css({ fill: 'none', stroke: theme.colors.warning.text, strokeWidth: 1.5 }),
  };
};
