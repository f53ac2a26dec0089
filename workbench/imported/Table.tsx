import { css, cx } from '@emotion/css';
import { GrafanaTheme2, dateTimeFormat } from '@grafana/data';
import { Icon } from '@grafana/ui';
import React, { useMemo } from 'react';
import { Sort } from '../../src/datasource/query';
import { percent } from '../flame/describe';
import { Figure, exactText, keyOf, labelsText, ofText, valueText } from './model';

interface Props {
  rows: Figure[];
  sort: Sort;
  /** The key of the row that is drawn over time. */
  chosen?: string;
  wide: boolean;
  theme: GrafanaTheme2;
  onSort: (sort: Sort) => void;
  onPick: (row: Figure) => void;
}

const COLUMNS: Array<{ sort?: Sort; title: string; number?: boolean; wide?: boolean }> = [
  { sort: 'name', title: 'Name' },
  { title: 'Of' },
  { sort: 'value', title: 'Value', number: true },
  { title: 'Counted', number: true, wide: true },
  { sort: 'time', title: 'Time', wide: true },
  { sort: 'line', title: 'File : line' },
];

/** Every number with where it stood; the server sorts, as there may be more than are here. */
export function Table({ rows, sort, chosen, wide, theme, onSort, onPick }: Props) {
  const styles = useMemo(() => getStyles(theme), [theme]);
  const columns = COLUMNS.filter((c) => wide || !c.wide);
  return (
    <div className={styles.scroll}>
      <table className={styles.table} data-testid="figures">
        <thead>
          <tr>
            {columns.map(({ sort: by, title, number }) => (
              <th
                key={title}
                className={cx(number && styles.number)}
                aria-sort={by === undefined || by !== sort ? 'none' : by === 'value' ? 'descending' : 'ascending'}
              >
                {by ? (
                  <button type="button" className={styles.sort} onClick={() => onSort(by)}>
                    {title}
                    {by === sort && <Icon size="sm" name={by === 'value' ? 'arrow-down' : 'arrow-up'} />}
                  </button>
                ) : (
                  title
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <Row
              key={`${row.file} ${row.line} ${i}`}
              row={row}
              chosen={keyOf(row) === chosen}
              wide={wide}
              styles={styles}
              onPick={onPick}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  row: Figure;
  chosen: boolean;
  wide: boolean;
  styles: ReturnType<typeof getStyles>;
  onPick: (row: Figure) => void;
}

function Row({ row, chosen, wide, styles, onPick }: RowProps) {
  const about = [row.device, labelsText(row.labels)].filter(Boolean).join(' · ');
  const timed = row.timeIs !== 'capture';
  const name = (
    <span className={styles.name} title={row.name}>
      {row.name}
    </span>
  );
  return (
    <tr className={cx(styles.row, chosen && styles.chosen)} data-testid="figure" aria-selected={chosen}>
      <td className={styles.who}>
        {timed ? (
          <button type="button" className={styles.pick} title="Draw it over time" onClick={() => onPick(row)}>
            {name}
          </button>
        ) : (
          name
        )}
        {about && (
          <span className={styles.dim} title={about}>
            {about}
          </span>
        )}
      </td>
      <td className={styles.of} title={ofText(row)}>
        {ofText(row)}
      </td>
      <td className={styles.number} title={exactText(row)}>
        {row.value === undefined ? (
          <em className={styles.why}>{row.why ?? 'not given'}</em>
        ) : (
          valueText(row.value, row.unit)
        )}
      </td>
      {wide && (
        <td className={styles.number} title="The share of the time for which it was counted">
          {row.running === undefined ? '' : percent(row.running)}
        </td>
      )}
      {wide && (
        <td className={styles.time} title={TIMES[row.timeIs]}>
          {timed ? dateTimeFormat(row.ms, { format: 'HH:mm:ss.SSS' }) : 'whole capture'}
        </td>
      )}
      <td className={styles.place} title={`${row.file}:${row.line}`}>
        <span className={styles.file}>{row.file}</span>
        <span className={styles.line}>:{row.line}</span>
      </td>
    </tr>
  );
}

const TIMES: Record<string, string> = {
  printed: 'The tool printed the time',
  relative: 'The tool printed the time since the capture began',
  capture: 'The tool printed no time: the number is of the whole capture',
};

const getStyles = (theme: GrafanaTheme2) => {
  const focus = { '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}`, outlineOffset: 1 } };
  const cut = { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' } as const;
  return {
    scroll: css({ maxHeight: '70vh', overflowY: 'auto' }),
    table: css({
      width: '100%',
      tableLayout: 'fixed',
      fontVariantNumeric: 'tabular-nums',
      '& th': {
        position: 'sticky',
        top: 0,
        zIndex: 1,
        background: theme.colors.background.primary,
        textAlign: 'left',
        color: theme.colors.text.secondary,
        fontSize: theme.typography.bodySmall.fontSize,
        fontWeight: theme.typography.fontWeightRegular,
      },
      '& th, & td': { padding: theme.spacing(0.5, 1), verticalAlign: 'middle' },
      '& th:nth-of-type(1)': { width: '34%' },
    }),
    sort: css({
      all: 'unset',
      display: 'inline-flex',
      alignItems: 'center',
      gap: 4,
      cursor: 'pointer',
      '&:hover': { color: theme.colors.text.primary },
      ...focus,
    }),
    row: css({
      borderTop: `1px solid ${theme.colors.border.weak}`,
      '&:hover': { background: theme.colors.action.hover },
    }),
    chosen: css({ background: theme.colors.action.selected }),
    who: css({ minWidth: 0, overflow: 'hidden' }),
    pick: css({
      all: 'unset',
      display: 'block',
      maxWidth: '100%',
      cursor: 'pointer',
      color: theme.colors.text.link,
      '&:hover': { textDecoration: 'underline' },
      ...focus,
    }),
    name: css({ display: 'block', fontFamily: 'ui-monospace, monospace', ...cut }),
    dim: css({ display: 'block', color: theme.colors.text.secondary, fontSize: 11, ...cut }),
    of: css(cut),
    number: css({ textAlign: 'right !important' as 'right', ...cut }),
    why: css({ color: theme.colors.text.secondary }),
    time: css({ color: theme.colors.text.secondary, ...cut }),
    // The line stays, however long the file's name is.
    place: css({
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
      whiteSpace: 'nowrap',
      overflow: 'hidden',
    }),
    file: css({ display: 'inline-block', maxWidth: 'calc(100% - 46px)', verticalAlign: 'bottom', ...cut }),
    line: css({ color: theme.colors.text.primary }),
  };
};
