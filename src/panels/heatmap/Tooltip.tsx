import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { Portal, VizTooltipContainer } from '@grafana/ui';
import React, { useMemo } from 'react';
import { Description } from './describe';

interface Props {
  description: Description;
  swatch: string;
  x: number;
  y: number;
  theme: GrafanaTheme2;
}

export function Tooltip({ description: d, swatch, x, y, theme }: Props) {
  const styles = useMemo(() => getStyles(theme), [theme]);
  return (
    <Portal>
      <VizTooltipContainer position={{ x, y }} offset={{ x: 14, y: 14 }} className={styles.box}>
        <div data-testid="heatmap-tooltip">
          <div className={styles.head}>
            <strong>{d.title}</strong> <span className={styles.dim}>{d.place}</span>
          </div>
          <div className={styles.dim} data-testid="tooltip-time">
            {d.time}
          </div>
          <div className={styles.value}>
            <span className={styles.swatch} style={{ background: swatch }} />
            <span data-testid="tooltip-value">{d.value}</span>
            <span className={styles.metric}>{d.metric}</span>
          </div>
          {d.counts && <div data-testid="tooltip-counts">{d.counts}</div>}
          {d.notes.map((note) => (
            <div key={note} className={styles.dim}>
              {note}
            </div>
          ))}
        </div>
      </VizTooltipContainer>
    </Portal>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  box: css({ maxWidth: 340, pointerEvents: 'none', fontSize: theme.typography.bodySmall.fontSize }),
  head: css({ whiteSpace: 'nowrap' }),
  dim: css({ color: theme.colors.text.secondary }),
  value: css({
    display: 'flex',
    alignItems: 'baseline',
    gap: theme.spacing(1),
    margin: theme.spacing(0.5, 0),
    fontSize: theme.typography.h5.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
    whiteSpace: 'nowrap',
  }),
  metric: css({
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: theme.typography.fontWeightRegular,
    whiteSpace: 'normal',
  }),
  swatch: css({
    width: 12,
    height: 12,
    alignSelf: 'center',
    flex: 'none',
    borderRadius: 2,
    border: `1px solid ${theme.colors.border.medium}`,
  }),
});
