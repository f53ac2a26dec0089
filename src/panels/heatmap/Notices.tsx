import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { Icon } from '@grafana/ui';
import React, { useMemo } from 'react';
import { Heatmap } from './model';

export const NOTICE_HEIGHT = 20;
const MOST = 2;

/** The sentences that must be read beside the picture, the emulator first. */
export function noticesOf(heatmap: Heatmap): string[] {
  return heatmap.emulated ? [`Emulated, not hardware: ${heatmap.emulated}`, ...heatmap.notices] : heatmap.notices;
}

export function noticesHeight(count: number): number {
  return Math.min(count, MOST) * NOTICE_HEIGHT;
}

/** One line a sentence; what does not fit is in the title. */
export function Notices({ notices, theme }: { notices: string[]; theme: GrafanaTheme2 }) {
  const line = useMemo(
    () =>
      css({
        height: NOTICE_HEIGHT,
        lineHeight: `${NOTICE_HEIGHT}px`,
        overflow: 'hidden',
        textOverflow: 'ellipsis',
        whiteSpace: 'nowrap',
        fontSize: 11,
        color: theme.colors.warning.text,
        '& svg': { marginRight: 6, verticalAlign: '-2px' },
      }),
    [theme]
  );
  const shown =
    notices.length > MOST ? [notices[0], `and ${notices.length - 1} more: ${notices.slice(1).join(' ')}`] : notices;
  return (
    <div data-testid="heatmap-notices" role="note" title={notices.join('\n')}>
      {shown.map((text) => (
        <div key={text} className={line}>
          <Icon name="exclamation-triangle" size="sm" />
          {text}
        </div>
      ))}
    </div>
  );
}
