import { css, cx } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { Icon } from '@grafana/ui';
import React, { useMemo, useState } from 'react';
import { formatValue } from '../../src/panels/heatmap/describe';
import { percent } from '../flame/describe';
import { Stack } from './Stack';
import { Hotspot, Hotspots, Place, Sort, SortKey, callersText, nodesText, ownerText, sorted } from './model';

interface Props {
  hotspots: Hotspots;
  theme: GrafanaTheme2;
  /** Narrows everything to what this expression finds. */
  onFilter: (filter: string) => void;
}

const COLUMNS: Array<{ key: SortKey; title: string; number?: boolean }> = [
  { key: 'function', title: 'Function' },
  { key: 'nodes', title: 'CPU’s node → given on' },
  { key: 'bytes', title: 'Bytes', number: true },
  { key: 'count', title: 'Count', number: true },
  { key: 'share', title: 'Share' },
];

/** Who allocated, the greatest first; a row opens to its stack. */
export function View({ hotspots, theme, onFilter }: Props) {
  const styles = useMemo(() => getStyles(theme), [theme]);
  const [sort, setSort] = useState<Sort>({
    key: hotspots.metric.name.endsWith('_count') ? 'count' : 'bytes',
    descending: true,
  });
  const [open, setOpen] = useState<string>();
  const rows = useMemo(() => sorted(hotspots.rows, sort), [hotspots.rows, sort]);
  const most = Math.max(0, ...rows.filter((r) => !r.others).map((r) => r.share ?? 0));
  const turn = (key: SortKey) => setSort({ key, descending: sort.key === key ? !sort.descending : key !== 'function' });
  return (
    <table className={styles.table} data-testid="hotspots">
      <thead>
        <tr>
          {COLUMNS.map(({ key, title, number }) => (
            <th
              key={key}
              className={cx(number && styles.number)}
              aria-sort={sort.key !== key ? 'none' : sort.descending ? 'descending' : 'ascending'}
            >
              <button type="button" className={styles.sort} onClick={() => turn(key)}>
                {title}
                {sort.key === key && <Icon size="sm" name={sort.descending ? 'arrow-down' : 'arrow-up'} />}
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row
            key={idOf(row)}
            row={row}
            most={most}
            open={open === idOf(row)}
            onToggle={() => setOpen(open === idOf(row) ? undefined : idOf(row))}
            onFilter={onFilter}
            theme={theme}
          />
        ))}
      </tbody>
    </table>
  );
}

/** What a row is about, so that one that is open stays so when newer numbers change the order. */
function idOf({ fn, stack, comm, pid, cpuNode, givenNode }: Hotspot): string {
  return [fn, comm, pid, cpuNode, givenNode, ...stack].join('\n');
}

interface RowProps {
  row: Hotspot;
  most: number;
  open: boolean;
  onToggle: () => void;
  onFilter: (filter: string) => void;
  theme: GrafanaTheme2;
}

function Row({ row, most, open, onToggle, onFilter, theme }: RowProps) {
  const styles = useMemo(() => getStyles(theme), [theme]);
  const about = row.estimated ? '≈ ' : '';
  const owner = ownerText(row);
  return (
    <>
      <tr className={cx(styles.row, row.others && styles.others)} data-testid="hotspot">
        <td className={styles.who}>
          {row.stack.length > 0 ? (
            <button type="button" className={styles.open} aria-expanded={open} onClick={onToggle}>
              <Icon name={open ? 'angle-down' : 'angle-right'} />
              <span className={styles.fn} title={row.fn}>
                {row.fn}
                <span className={styles.callers}>{callersText(row)}</span>
              </span>
            </button>
          ) : (
            <span className={cx(styles.fn, styles.plain)}>{row.fn}</span>
          )}
          {owner && (
            <span className={styles.owner} title={owner}>
              {owner}
            </span>
          )}
        </td>
        <td className={styles.nodes} title={row.place}>
          {!row.others && (
            <>
              <i className={styles.dot} style={{ background: colourOf(row, theme) }} />
              {nodesText(row)}
              {row.place && row.place !== 'own node' && <span className={styles.dim}>{row.place}</span>}
            </>
          )}
        </td>
        <td className={styles.number} title={`${about}${row.bytes.toLocaleString('en-GB')} bytes`}>
          {about}
          {formatValue('bytes', row.bytes)}
        </td>
        <td className={styles.number}>
          {about}
          {row.count.toLocaleString('en-GB')}
        </td>
        <td className={styles.share}>
          {row.share !== undefined && (
            <>
              <span className={styles.track}>
                <i
                  className={styles.bar}
                  style={{
                    width: `${Math.min(100, (100 * row.share) / (most || 1))}%`,
                    background: row.others ? theme.colors.text.disabled : colourOf(row, theme),
                  }}
                />
              </span>
              {percent(row.share)}
            </>
          )}
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={COLUMNS.length} className={styles.opened}>
            <Stack row={row} onFilter={onFilter} theme={theme} />
          </td>
        </tr>
      )}
    </>
  );
}

/** As the heatmap's scale goes: blue is local, orange remote. */
function colourOf({ place, cpuNode, givenNode }: Hotspot, { visualization, colors }: GrafanaTheme2): string {
  const known = cpuNode !== undefined && givenNode !== undefined;
  const at: Place | undefined = place ?? (known ? (cpuNode === givenNode ? 'own node' : 'other socket') : undefined);
  switch (at) {
    case 'own node':
      return visualization.getColorByName('blue');
    case 'same socket':
      return visualization.getColorByName('yellow');
    case 'other socket':
      return visualization.getColorByName('orange');
    default:
      return colors.text.disabled;
  }
}

const getStyles = (theme: GrafanaTheme2) => {
  const focus = { '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}`, outlineOffset: 1 } };
  return {
    table: css({
      width: '100%',
      tableLayout: 'fixed',
      fontVariantNumeric: 'tabular-nums',
      '& th': { textAlign: 'left', fontWeight: theme.typography.fontWeightRegular },
      '& th, & td': { padding: theme.spacing(0.5, 1), verticalAlign: 'middle' },
      '& th:nth-of-type(2)': { width: 190 },
      '& th:nth-of-type(3)': { width: 100 },
      '& th:nth-of-type(4)': { width: 96 },
      '& th:nth-of-type(5)': { width: '17%' },
      // A narrow page has the function and what it took.
      '@media (max-width: 760px)': {
        '& th:nth-of-type(4), & td:nth-of-type(4):not([colspan])': { display: 'none' },
        '& th:nth-of-type(2)': { width: 152 },
        '& th:nth-of-type(3)': { width: 90 },
      },
      '@media (max-width: 520px)': {
        '& th:nth-of-type(5), & td:nth-of-type(5)': { display: 'none' },
      },
    }),
    sort: css({
      all: 'unset',
      display: 'inline-flex',
      alignItems: 'center',
      gap: 4,
      cursor: 'pointer',
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
      '&:hover': { color: theme.colors.text.primary },
      ...focus,
    }),
    row: css({
      borderTop: `1px solid ${theme.colors.border.weak}`,
      '&:hover': { background: theme.colors.action.hover },
    }),
    others: css({ color: theme.colors.text.secondary }),
    who: css({ minWidth: 0, overflow: 'hidden' }),
    open: css({ all: 'unset', display: 'flex', alignItems: 'center', maxWidth: '100%', cursor: 'pointer', ...focus }),
    fn: css({
      overflow: 'hidden',
      textOverflow: 'ellipsis',
      whiteSpace: 'nowrap',
      fontFamily: 'ui-monospace, monospace',
      fontSize: theme.typography.body.fontSize,
    }),
    callers: css({ color: theme.colors.text.secondary, fontSize: 11 }),
    plain: css({ display: 'block', paddingLeft: 16 }),
    owner: css({
      display: 'block',
      paddingLeft: 16,
      overflow: 'hidden',
      textOverflow: 'ellipsis',
      whiteSpace: 'nowrap',
      color: theme.colors.text.secondary,
      fontSize: 11,
    }),
    nodes: css({ overflow: 'hidden', whiteSpace: 'nowrap' }),
    dim: css({ display: 'block', paddingLeft: 16, color: theme.colors.text.secondary, fontSize: 11 }),
    dot: css({ display: 'inline-block', width: 9, height: 9, marginRight: 7, borderRadius: '50%' }),
    number: css({ textAlign: 'right !important' as 'right', whiteSpace: 'nowrap' }),
    share: css({ whiteSpace: 'nowrap' }),
    track: css({
      display: 'inline-block',
      width: 'calc(100% - 62px)',
      height: 10,
      marginRight: 8,
      borderRadius: 2,
      background: theme.colors.background.secondary,
    }),
    bar: css({ display: 'block', minWidth: 2, height: '100%', borderRadius: 2 }),
    opened: css({ background: theme.colors.background.secondary }),
  };
};
