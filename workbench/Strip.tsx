import { css, cx } from '@emotion/css';
import { GrafanaTheme2, dateTimeFormat } from '@grafana/data';
import { Icon, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { formatSpan } from '../src/canvas/timeaxis';
import { Run, Topology } from '../src/datasource/datasource';
import { commandOf } from '../src/datasource/pickers';

interface Props {
  run: Run;
  machine?: Topology;
  newestMs: number | null;
  now: number;
  problem?: string;
}

/** What was recorded, and what could not be. */
export function Strip({ run, machine, newestMs, now, problem }: Props) {
  const styles = useStyles2(getStyles);
  const [open, setOpen] = useState(false);
  const missing = run.missing ?? [];
  const command = commandOf(run);
  return (
    <div className={styles.strip} data-testid="strip">
      <div className={styles.line}>
        <State run={run} newestMs={newestMs} now={now} />
        <Item label="Run" value={run.name ? `${run.name} · ${run.run}` : run.run} />
        {command && <Item label="Command" value={command} mono />}
        {machine && <Item label="Machine" value={sizeOf(machine)} />}
        {run.cpuModel && <Item label="CPU" value={run.cpuModel} />}
        {run.kernel && <Item label="Kernel" value={run.kernel} />}
        {run.rung > 0 && <Item label="Evidence" value={`${run.rungName} (rung ${run.rung})`} />}
        {run.emulated && (
          <span className={styles.emulated} title={`Not recorded on hardware: ${run.emulated}`}>
            emulated: {shortly(run.emulated)}
          </span>
        )}
        {missing.length > 0 && (
          <button
            type="button"
            className={styles.more}
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            data-testid="missing"
          >
            <Icon name={open ? 'angle-down' : 'angle-right'} />
            {missing.length} not measured
          </button>
        )}
      </div>
      {problem && (
        <div className={styles.warning} role="status" data-testid="problem">
          {problem}
        </div>
      )}
      {open && (
        <ul className={styles.missing}>
          {missing.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function State({ run, newestMs, now }: Props) {
  const styles = useStyles2(getStyles);
  if (run.state === 'recording') {
    const age = newestMs === null ? undefined : Math.max(0, now - newestMs);
    const late = age !== undefined && age > 10_000;
    return (
      <span className={cx(styles.state, late && styles.late)} data-testid="state">
        <i className={cx(styles.dot, !late && styles.pulse)} />
        recording
        {age !== undefined && <span className={styles.label}>newest sample {ageText(age)} ago</span>}
      </span>
    );
  }
  const end = run.endMs === null ? '' : `, ${formatSpan(run.endMs - run.startMs)}`;
  return (
    <span className={styles.state} data-testid="state">
      <i className={styles.dot} style={{ background: 'currentColor', opacity: 0.5 }} />
      {run.state}
      <span className={styles.label}>
        {dateTimeFormat(run.startMs)}
        {end}
      </span>
    </span>
  );
}

/** The emulator; what its model is in full stands in the tooltip and above the picture. */
function shortly(emulated: string): string {
  return emulated.split(';')[0];
}

/** What is known of it: an import tells often no more than the nodes. */
function sizeOf({ cpus, nodes }: Topology): string {
  const sockets = new Set(cpus.map((c) => c.socket).filter((s) => s >= 0)).size;
  const parts: Array<[number, string]> = [
    [sockets, 'socket'],
    [nodes.length, 'node'],
    [cpus.length, 'CPU'],
  ];
  return (
    parts
      .filter(([n]) => n > 0)
      .map(([n, what]) => plural(n, what))
      .join(', ') || 'not told'
  );
}

function plural(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function ageText(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : formatSpan(Math.round(ms / 1000) * 1000);
}

function Item({ label, value, mono }: { label: string; value: string; mono?: boolean }) {
  const styles = useStyles2(getStyles);
  return (
    <span className={styles.item} title={`${label}: ${value}`}>
      <span className={styles.label}>{label}</span>
      <span className={cx(styles.value, mono && styles.mono)}>{value}</span>
    </span>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  strip: css({ fontSize: theme.typography.bodySmall.fontSize, fontVariantNumeric: 'tabular-nums' }),
  line: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(0.5, 2.5) }),
  state: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(0.75),
    fontWeight: theme.typography.fontWeightMedium,
  }),
  late: css({ color: theme.colors.warning.text }),
  dot: css({ width: 8, height: 8, borderRadius: '50%', background: theme.colors.error.main, flex: 'none' }),
  pulse: css({
    '@media (prefers-reduced-motion: no-preference)': { animation: 'numalens-pulse 2s ease-in-out infinite' },
    '@keyframes numalens-pulse': { '50%': { opacity: 0.35 } },
  }),
  item: css({ display: 'inline-flex', gap: theme.spacing(0.75), minWidth: 0, maxWidth: 420 }),
  label: css({
    color: theme.colors.text.secondary,
    fontWeight: theme.typography.fontWeightRegular,
    whiteSpace: 'nowrap',
  }),
  value: css({ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }),
  mono: css({ fontFamily: 'ui-monospace, monospace' }),
  more: css({
    all: 'unset',
    display: 'inline-flex',
    alignItems: 'center',
    cursor: 'pointer',
    color: theme.colors.text.secondary,
    '&:hover': { color: theme.colors.text.primary },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}`, outlineOffset: 2 },
  }),
  warning: css({ color: theme.colors.warning.text, marginTop: theme.spacing(0.5) }),
  emulated: css({ color: theme.colors.warning.text }),
  missing: css({
    margin: theme.spacing(1, 0, 0),
    padding: theme.spacing(1, 1, 1, 3),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    color: theme.colors.text.secondary,
    '& li + li': { marginTop: theme.spacing(0.5) },
  }),
});
