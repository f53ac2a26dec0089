import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import React, { useEffect, useMemo, useRef } from 'react';
import { css as cssColour } from '../../canvas/colour';
import { EVEN, FULL_VOLUME } from '../../canvas/scale';
import { formatValue } from './describe';
import { hatch } from './draw';
import { Heatmap } from './model';
import { Palette } from './palette';

export const LEGEND_HEIGHT = 40;

interface Props {
  heatmap: Heatmap;
  palette: Palette;
  /** Cells above the scale's maximum are drawn in its last colour. */
  clipped: boolean;
  theme: GrafanaTheme2;
  width: number;
}

/** Says what the colours mean: for shares in two dimensions, value and volume. */
export function Legend({ heatmap, palette, clipped, theme, width }: Props) {
  const styles = useMemo(() => getStyles(theme), [theme]);
  const { metric } = heatmap;
  const weighted = palette.tables.length > 1;
  const narrow = width < 560;
  const text = (v: number) => formatValue(metric.unit, v);
  return (
    <div className={styles.legend} data-testid="heatmap-legend">
      <span className={styles.scale}>
        <span>{palette.diverging ? `${text(0)} local` : text(0)}</span>
        <Swatch palette={palette} rows={weighted ? FULL_VOLUME : 1} />
        <span>
          {clipped ? '≥ ' : ''}
          {text(palette.max)}
          {palette.diverging ? ' remote' : ''}
        </span>
      </span>
      {weighted && palette.diverging && !narrow && (
        <span className={styles.volume} title={`Volume: ${metric.denominator ?? 'counts'} in the cell`}>
          <span>across: remote share, grey is {text(EVEN)}</span>
          <span>down: counts, {2 ** (FULL_VOLUME - 1)} or more to 1</span>
        </span>
      )}
      <span className={styles.key}>
        <Hatch palette={palette} /> not known
      </span>
      {weighted && (
        <span className={styles.key}>
          <i className={styles.box} style={{ background: cssColour(palette.ground) }} /> none
        </span>
      )}
      <span className={styles.rest}>
        {metric.rung > 0 && width >= 760 && (
          <span title={`The evidence behind this figure is rung ${metric.rung} of 5, best first`}>
            {metric.rungName}
          </span>
        )}
      </span>
    </div>
  );
}

const SWATCH = { width: 120, height: 20 };

function Swatch({ palette, rows }: { palette: Palette; rows: number }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    const ctx = canvas?.getContext('2d');
    if (!canvas || !ctx) {
      return;
    }
    canvas.width = 256;
    canvas.height = rows;
    const data = ctx.createImageData(256, rows);
    const px = new Uint32Array(data.data.buffer);
    for (let row = 0; row < rows; row++) {
      px.set(palette.tables[rows === 1 ? palette.tables.length - 1 : rows - row], row * 256);
    }
    ctx.putImageData(data, 0, 0);
  }, [palette, rows]);
  return <canvas ref={ref} style={{ ...SWATCH, imageRendering: 'pixelated', borderRadius: 2 }} />;
}

function Hatch({ palette }: { palette: Palette }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    const ctx = canvas?.getContext('2d');
    if (!canvas || !ctx) {
      return;
    }
    canvas.width = 28;
    canvas.height = 28;
    ctx.fillStyle = ctx.createPattern(hatch(palette, 2), 'repeat') ?? '';
    ctx.fillRect(0, 0, 28, 28);
  }, [palette]);
  return (
    <canvas
      ref={ref}
      style={{ width: 14, height: 14, borderRadius: 2, outline: `1px solid ${cssColour(palette.hatch)}` }}
    />
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const row = { display: 'flex', alignItems: 'center', gap: theme.spacing(0.75), whiteSpace: 'nowrap' } as const;
  return {
    legend: css({
      ...row,
      // A narrow panel has two lines of it.
      flexWrap: 'wrap',
      alignContent: 'center',
      gap: `2px ${theme.spacing(2)}`,
      height: LEGEND_HEIGHT,
      overflow: 'hidden',
      color: theme.colors.text.secondary,
      fontSize: 11,
    }),
    scale: css({ ...row, fontVariantNumeric: 'tabular-nums' }),
    volume: css({ display: 'flex', flexDirection: 'column', lineHeight: 1.25, whiteSpace: 'nowrap', fontSize: 10 }),
    key: css(row),
    box: css({ width: 14, height: 14, borderRadius: 2, outline: `1px solid ${theme.colors.border.weak}` }),
    rest: css({ ...row, marginLeft: 'auto' }),
  };
};
