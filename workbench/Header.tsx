import { css } from '@emotion/css';
import { GrafanaTheme2, dateTimeFormat } from '@grafana/data';
import { Combobox, RefreshPicker, TimeRangePicker, ToolbarButton, useStyles2, useTheme2 } from '@grafana/ui';
import React from 'react';
import { Host, ListedMetric, Run } from '../src/datasource/datasource';
import { hostOptions, metricOptions, runOptions } from '../src/datasource/pickers';
import logo from '../src/img/logo.svg';
import { Span, asTimeRange, rawOf } from './range';
import { SetPlace } from './usePlace';

interface Props {
  hosts: Host[];
  runs: Run[];
  metrics: ListedMetric[];
  host?: string;
  run?: string;
  metric?: ListedMetric;
  span?: Span;
  /** The run goes on, so there is something to follow. */
  recording: boolean;
  refresh: string;
  onRefresh: () => void;
  setPlace: SetPlace;
}

const INTERVALS = ['1s', '2s', '5s', '10s', '30s', '1m'];

export function Header({
  hosts,
  runs,
  metrics,
  host,
  run,
  metric,
  span,
  recording,
  refresh,
  onRefresh,
  setPlace,
}: Props) {
  const styles = useStyles2(getStyles);
  return (
    <header className={styles.header}>
      <a className={styles.brand} href={location.pathname} aria-label="numalens, from the beginning">
        <img src={logo} width={26} height={26} alt="" />
        <span>numalens</span>
      </a>
      <div className={styles.pickers}>
        <div className={styles.host}>
          <Combobox
            aria-label="Host"
            data-testid="pick-host"
            prefixIcon="monitor"
            placeholder="Host"
            options={hostOptions(hosts)}
            value={host ?? null}
            onChange={({ value }) =>
              setPlace({
                host: value,
                run: undefined,
                from: undefined,
                to: undefined,
                live: undefined,
                filter: undefined,
              })
            }
          />
        </div>
        <div className={styles.run}>
          <Combobox
            aria-label="Run"
            data-testid="pick-run"
            prefixIcon="history"
            placeholder="Run"
            options={runOptions(runs, (ms) => dateTimeFormat(ms))}
            value={run ?? null}
            onChange={({ value }) =>
              setPlace({ run: value, from: undefined, to: undefined, live: undefined, filter: undefined })
            }
          />
        </div>
        <div className={styles.metric}>
          <Combobox
            aria-label="Metric"
            data-testid="pick-metric"
            prefixIcon="chart-line"
            placeholder="Metric"
            options={metricOptions(metrics)}
            value={metric?.name ?? null}
            onChange={({ value }) => setPlace({ metric: value })}
          />
        </div>
      </div>
      <div className={styles.times}>
        {span && (
          <Times span={span} recording={recording} refresh={refresh} onRefresh={onRefresh} setPlace={setPlace} />
        )}
        <ThemeButton setPlace={setPlace} />
      </div>
    </header>
  );
}

function Times({
  span,
  recording,
  refresh,
  onRefresh,
  setPlace,
}: Pick<Props, 'recording' | 'refresh' | 'onRefresh' | 'setPlace'> & { span: Span }) {
  const live = refresh !== 'off' && span.raw.to === 'now';
  const { from, to } = span;
  const length = to - from;
  const still = (a: number, b: number) =>
    setPlace({ from: String(Math.round(a)), to: String(Math.round(b)), live: 'off' });
  return (
    <>
      <ToolbarButton
        data-testid="live"
        icon={live ? 'pause' : 'play'}
        variant={live ? 'active' : 'canvas'}
        disabled={!recording}
        tooltip={!recording ? 'This run has ended' : live ? 'Stop here' : 'Follow the newest samples'}
        aria-pressed={live}
        onClick={() => (live ? still(from, to) : setPlace({ from: 'now-2m', to: 'now', live: '1s' }))}
      >
        Live
      </ToolbarButton>
      <div data-testid="pick-time">
        <TimeRangePicker
          value={asTimeRange(span)}
          timeZone="browser"
          onChange={(range) => setPlace({ ...rawOf(range), live: rawOf(range).to === 'now' ? refresh : 'off' })}
          onChangeTimeZone={() => {}}
          onMoveBackward={() => still(from - length / 2, to - length / 2)}
          onMoveForward={() => still(from + length / 2, to + length / 2)}
          onZoom={() => still(from - length / 2, to + length / 2)}
          isOnCanvas
        />
      </div>
      <RefreshPicker
        intervals={INTERVALS}
        value={refresh === 'off' ? '' : refresh}
        onIntervalChanged={(interval) => setPlace({ live: interval || 'off' })}
        onRefresh={onRefresh}
        isOnCanvas
      />
    </>
  );
}

function ThemeButton({ setPlace }: { setPlace: SetPlace }) {
  const theme = useTheme2();
  const other = theme.isDark ? 'light' : 'dark';
  return (
    <ToolbarButton
      data-testid="pick-theme"
      icon="adjust-circle"
      iconOnly
      variant="canvas"
      tooltip={`Turn ${other}`}
      aria-label={`Turn ${other}`}
      onClick={() => setPlace({ theme: other })}
    />
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  header: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(1, 1.5),
    padding: theme.spacing(1, 2),
    background: theme.colors.background.primary,
    borderBottom: `1px solid ${theme.colors.border.weak}`,
  }),
  brand: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    fontSize: theme.typography.h5.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
    letterSpacing: '-0.01em',
  }),
  pickers: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), flex: '1 1 400px', minWidth: 0 }),
  host: css({ flex: '1 1 100px', maxWidth: 200 }),
  run: css({ flex: '1 1 110px', maxWidth: 260 }),
  metric: css({ flex: '2 1 160px', maxWidth: 380 }),
  times: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
});
