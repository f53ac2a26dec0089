import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import React, { useMemo } from 'react';
import { Hotspot, exactly } from './model';

interface Props {
  row: Hotspot;
  onFilter: (filter: string) => void;
  theme: GrafanaTheme2;
}

/** How the function came to allocate, innermost frame first; each frame and owner narrows to itself. */
export function Stack({ row, onFilter, theme }: Props) {
  const styles = useMemo(() => getStyles(theme), [theme]);
  const at = row.stack.indexOf(row.fn);
  const owners = [
    { name: 'command', value: row.comm },
    { name: 'container', value: row.container },
  ].filter((o) => o.value);
  return (
    <div className={styles.stack} data-testid="stack">
      <ol className={styles.frames}>
        {row.stack.map((frame, i) => (
          <li key={i} className={i < at ? styles.allocator : undefined}>
            <button type="button" className={styles.frame} onClick={() => onFilter(exactly(frame))}>
              {frame}
            </button>
          </li>
        ))}
      </ol>
      <div className={styles.owners}>
        {owners.map(({ name, value }) => (
          <span key={name}>
            {name}{' '}
            <button type="button" className={styles.frame} onClick={() => onFilter(exactly(value ?? ''))}>
              {value}
            </button>
          </span>
        ))}
        {row.cgroup && <span>control group {row.cgroup}</span>}
        <span>A click on a name narrows everything to it.</span>
      </div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  stack: css({ padding: theme.spacing(0.5, 1, 1, 2) }),
  frames: css({
    margin: 0,
    paddingLeft: 28,
    fontFamily: 'ui-monospace, monospace',
    fontSize: theme.typography.bodySmall.fontSize,
    '& li::marker': { color: theme.colors.text.disabled },
  }),
  allocator: css({ opacity: 0.6 }),
  frame: css({
    all: 'unset',
    cursor: 'pointer',
    overflowWrap: 'anywhere',
    '&:hover': { textDecoration: 'underline' },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}`, outlineOffset: 1 },
  }),
  owners: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(0.25, 2),
    marginTop: theme.spacing(0.75),
    color: theme.colors.text.secondary,
    fontSize: 11,
    '& button': { color: theme.colors.text.primary },
  }),
});
