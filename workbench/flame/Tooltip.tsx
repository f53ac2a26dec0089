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
        <div data-testid="flame-tooltip">
          <div className={styles.title}>{d.title}</div>
          <div className={styles.value}>
            <span className={styles.swatch} style={{ background: swatch }} />
            {d.value}
          </div>
          {d.lines.map((line) => (
            <div key={line} className={styles.dim}>
              {line}
            </div>
          ))}
        </div>
      </VizTooltipContainer>
    </Portal>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  box: css({ maxWidth: 420, pointerEvents: 'none', fontSize: theme.typography.bodySmall.fontSize }),
  title: css({ fontFamily: 'ui-monospace, monospace', overflowWrap: 'anywhere' }),
  value: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    margin: theme.spacing(0.5, 0),
    fontSize: theme.typography.h5.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  dim: css({ color: theme.colors.text.secondary }),
  swatch: css({
    width: 12,
    height: 12,
    flex: 'none',
    borderRadius: 2,
    border: `1px solid ${theme.colors.border.medium}`,
  }),
});
