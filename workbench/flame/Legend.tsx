import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import React, { useMemo } from 'react';
import { css as cssColour } from '../../src/canvas/colour';
import { divergingScale } from '../../src/canvas/scale';
import { Palette } from './colour';
import { Box, Flame } from './model';

interface Props {
  flame: Flame;
  palette: Palette;
  theme: GrafanaTheme2;
}

const STOPS = [0, 0.1, 0.2, 0.3, 0.5, 0.75, 1];

/** What the colours mean, and how many boxes stand for others. */
export function Legend({ flame, palette, theme }: Props) {
  const styles = useMemo(() => getStyles(theme), [theme]);
  const scale = divergingScale(theme.isDark);
  const gradient = STOPS.map((s) => `${cssColour(scale(s))} ${100 * s}%`).join(', ');
  const unknown = flame.boxes.some((b) => b.level > 0 && unknownIn(palette, b));
  return (
    <div className={styles.legend} data-testid="flame-legend">
      {palette.colouring === 'remote' ? (
        <span className={styles.key}>
          own node
          <i className={styles.scale} style={{ background: `linear-gradient(90deg, ${gradient})` }} />
          another node
        </span>
      ) : (
        flame.nodes.map((node) => (
          <span key={node} className={styles.key}>
            <i
              className={styles.box}
              style={{ background: cssColour(palette.of({ node, level: 0, remote: 0 } as Box)) }}
            />
            node {node}
          </span>
        ))
      )}
      {unknown && (
        <span className={styles.key}>
          <i className={styles.box} style={{ background: cssColour(palette.unknown) }} /> not known
        </span>
      )}
      {flame.found > flame.boxes.length && (
        <span className={styles.rest}>
          {flame.boxes.length.toLocaleString('en-GB')} of {flame.found.toLocaleString('en-GB')} boxes; the smallest are
          put together as (others)
        </span>
      )}
    </div>
  );
}

function unknownIn({ colouring }: Palette, box: Box): boolean {
  return colouring === 'remote' ? box.remote === undefined : box.node === undefined;
}

const getStyles = (theme: GrafanaTheme2) => ({
  legend: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(0.25, 2),
    marginTop: theme.spacing(1),
    color: theme.colors.text.secondary,
    fontSize: 11,
  }),
  key: css({ display: 'inline-flex', alignItems: 'center', gap: theme.spacing(0.75), whiteSpace: 'nowrap' }),
  scale: css({ width: 120, height: 12, borderRadius: 2 }),
  box: css({ width: 14, height: 14, borderRadius: 2 }),
  rest: css({ marginLeft: 'auto' }),
});
