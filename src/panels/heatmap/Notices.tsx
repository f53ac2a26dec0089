import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { Icon } from '@grafana/ui';
import React, { useMemo } from 'react';
import { Heatmap } from './model';

export const NOTICE_HEIGHT = 20;
const MOST = 2;

/** The sentences that must be read beside the picture, the emulator first. */
export function noticesOf({ emulated, notices }: Pick<Heatmap, 'emulated' | 'notices'>): string[] {
  const told = emulated === '' || notices.some((text) => text.includes(emulated));
  return told ? notices : [`Emulated, not hardware: ${emulated}.`, ...notices];
}

export function noticesHeight(count: number, open: boolean): number {
  return (open ? count : Math.min(count, MOST)) * NOTICE_HEIGHT;
}

interface Props {
  notices: string[];
  open: boolean;
  onToggle: () => void;
  theme: GrafanaTheme2;
}

/** One line a sentence; where there are many, the rest on a click. */
export function Notices({ notices, open, onToggle, theme }: Props) {
  const styles = useMemo(() => getStyles(theme), [theme]);
  const folded = notices.length > MOST && !open;
  const shown = folded ? notices.slice(0, MOST - 1) : notices;
  return (
    <div data-testid="heatmap-notices" role="note">
      {shown.map((text) => (
        <div key={text} className={styles.line} title={text}>
          <Icon name="exclamation-triangle" size="sm" />
          {text}
        </div>
      ))}
      {folded && (
        <button
          type="button"
          className={styles.more}
          aria-expanded={open}
          onClick={onToggle}
          title={notices.join('\n')}
        >
          <Icon name="angle-down" size="sm" />
          {notices.length - shown.length} more: {notices.slice(shown.length).join(' ')}
        </button>
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const line = {
    display: 'block',
    width: '100%',
    height: NOTICE_HEIGHT,
    lineHeight: `${NOTICE_HEIGHT}px`,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    fontSize: 11,
    color: theme.colors.warning.text,
    '& svg': { marginRight: 6, verticalAlign: '-2px' },
  } as const;
  return {
    line: css(line),
    more: css({ ...line, padding: 0, border: 0, background: 'none', textAlign: 'left', cursor: 'pointer' }),
  };
};
