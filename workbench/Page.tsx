import { css } from '@emotion/css';
import { EventBusSrv, GrafanaTheme2 } from '@grafana/data';
import { Button, RadioButtonGroup, Tab, TabsBar, useStyles2 } from '@grafana/ui';
import React, { useCallback, useEffect, useMemo, useState } from 'react';
import { Host, ListedMetric, NumalensDataSource, Run, Topology } from '../src/datasource/datasource';
import { byOptions } from '../src/datasource/pickers';
import { fits } from '../src/datasource/query';
import { Allocated } from './Allocated';
import { Figure } from './Figure';
import { Gallery } from './Gallery';
import { Header } from './Header';
import { Imported } from './imported/Imported';
import { Strip } from './Strip';
import { chooseBy, chooseHost, chooseMetric, chooseRun, chooseTiles, whyNothing } from './choose';
import { Place } from './place';
import { refreshOf, whole, spanOf } from './range';
import { chooseTraced, isTraced } from './traced';
import { useListing } from './useListing';
import { useNow } from './useNow';
import { SetPlace } from './usePlace';

interface Props {
  source: NumalensDataSource;
  place: Place;
  setPlace: SetPlace;
}

/** How often to look for new hosts, runs and states. */
const LOOK_MS = 3000;

export function Page({ source, place, setPlace }: Props) {
  const styles = useStyles2(getStyles);
  const hosts = useListing<Host>('hosts', () => source.hosts(), LOOK_MS);
  const host = chooseHost(hosts.rows, place.host);
  const runs = useListing<Run>(host?.host, () => source.runs(host?.host), LOOK_MS);
  const everywhere = useListing<Run>(hosts.key, () => source.runs(), LOOK_MS);
  const run = host && runs.key === host.host ? chooseRun(runs.rows, place.run) : undefined;
  const metricsKey = run && `${run.host}/${run.run}`;
  const metrics = useListing<ListedMetric>(
    metricsKey,
    () => source.metrics(run?.host, run?.run),
    run?.state === 'recording' ? 10_000 : 0
  );
  const known = metrics.key === metricsKey ? metrics.rows : NONE;
  const topology = useListing<Topology>(metricsKey, async () => [await source.topology(run?.host, run?.run)], 0);
  const [machine] = topology.key === metricsKey ? topology.rows : [];
  const settled = machine !== undefined || topology.problem !== undefined;
  const traced = place.view === 'allocated' ? chooseTraced(known, place.metric) : undefined;
  const allocated = traced !== undefined && (!place.metric || fits('hotspots', place.metric));
  const metric = allocated
    ? traced
    : place.metric
      ? known.find((m) => m.name === place.metric)
      : settled
        ? chooseMetric(known, machine?.nodes.length)
        : undefined;
  const by = metric && chooseBy(metric, place.by);
  const files = run?.labels?.['import.files'];
  // Numbers that have no place on a heatmap are shown as they were printed.
  const noPicture = settled && metrics.key === metricsKey && !place.metric && !known.some((m) => m.available);
  const imported = files !== undefined && (place.view === 'imported' || (place.view === undefined && noPicture));

  const refresh = refreshOf(place, run);
  const now = useNow(refresh);
  const [asked, setAsked] = useState(0);
  const live = refresh !== 'off';
  const span = useMemo(() => run && spanOf(place, run, live, Math.max(now, asked)), [place, run, live, now, asked]);
  const bus = useMemo(() => new EventBusSrv(), []);
  const tiles = useMemo(() => chooseTiles(known), [known]);
  const onZoom = useCallback(
    (from: number, to: number) => setPlace({ from: String(from), to: String(to), live: 'off' }),
    [setPlace]
  );

  useEffect(() => {
    document.title = [metric?.title, host?.host, 'numalens'].filter(Boolean).join(' · ');
  }, [metric, host]);

  const problem = hosts.problem ?? (host ? runs.problem : undefined) ?? (run ? metrics.problem : undefined);
  const nothing =
    !imported &&
    whyNothing({
      place,
      hosts: hosts.key ? hosts.rows : undefined,
      host,
      runs: runs.key === host?.host ? runs.rows : undefined,
      run,
      metrics: metrics.key === metricsKey && settled ? known : undefined,
      metric,
      problem,
    });
  const zoomed = run && span && place.from !== undefined && !live;
  const figure = run && metric?.available && by && span && (
    <Figure
      main
      source={source}
      host={run.host}
      run={run.run}
      metric={metric}
      by={by}
      span={span}
      bus={bus}
      onZoom={onZoom}
      about={allocated && (place.filter || place.remote) ? 'of everyone, whatever is chosen above' : undefined}
      actions={
        <>
          {zoomed && (
            <Button
              size="sm"
              fill="text"
              variant="secondary"
              icon="arrows-h"
              onClick={() => setPlace({ ...whole(run, Date.now()).raw, live: 'off' })}
            >
              Whole run
            </Button>
          )}
          <div data-testid="pick-by">
            <RadioButtonGroup
              aria-label="By"
              size="sm"
              options={byOptions(metric.by)}
              value={by}
              onChange={(v) => setPlace({ by: v })}
            />
          </div>
        </>
      }
    />
  );
  return (
    <div className={styles.page}>
      <Header
        hosts={hosts.rows}
        runs={runs.rows}
        metrics={known}
        host={host?.host ?? place.host}
        run={run?.run ?? place.run}
        metric={metric}
        span={span}
        recording={run?.state === 'recording'}
        refresh={refresh}
        onRefresh={() => setAsked(Date.now())}
        setPlace={setPlace}
      />
      <main className={styles.main}>
        {everywhere.rows.length > 1 && (
          <Gallery
            source={source}
            runs={everywhere.rows}
            chosen={run}
            now={now}
            onPick={({ host, run }, metric) => setPlace({ ...ANEW, host, run, metric })}
          />
        )}
        {run && (
          <Strip
            run={run}
            machine={machine}
            newestMs={host?.newestMs ?? null}
            now={Math.max(now, asked)}
            problem={problem}
          />
        )}
        {run && (allocated || files !== undefined || isTraced(known)) && (
          <TabsBar hideBorder>
            <Tab
              label="Over time"
              active={!allocated && !imported}
              onChangeTab={() => setPlace({ view: noPicture ? 'time' : undefined })}
            />
            {(allocated || isTraced(known)) && (
              <Tab
                label="Who allocated"
                active={allocated}
                onChangeTab={() => setPlace({ view: 'allocated', metric: chooseTraced(known, metric?.name)?.name })}
              />
            )}
            {files !== undefined && (
              <Tab
                label="As printed"
                active={imported}
                onChangeTab={() => setPlace({ view: 'imported', filter: undefined })}
              />
            )}
          </TabsBar>
        )}
        {nothing && (
          <p className={styles.nothing} role="status" data-testid="nothing">
            {nothing}
          </p>
        )}
        {imported && run && span && (
          <Imported source={source} run={run} span={span} place={place} setPlace={setPlace} />
        )}
        {figure && !allocated && !imported && figure}
        {figure && allocated && run && metric && span && (
          <Allocated
            source={source}
            run={run}
            metrics={known}
            metric={metric}
            span={span}
            place={place}
            setPlace={setPlace}
          >
            {figure}
          </Allocated>
        )}
        {run && span && !allocated && !imported && (
          <div className={styles.tiles}>
            {tiles.map((tile) => (
              <Figure
                key={`${tile.metric.name} ${tile.by}`}
                source={source}
                host={run.host}
                run={run.run}
                metric={tile.metric}
                by={tile.by}
                span={span}
                bus={bus}
                chosen={tile.metric === metric && tile.by === by}
                onZoom={onZoom}
                onPick={() => setPlace({ metric: tile.metric.name, by: tile.by })}
              />
            ))}
          </div>
        )}
      </main>
    </div>
  );
}

const NONE: ListedMetric[] = [];

/** Another run is looked at as a whole. */
const ANEW: Partial<Place> = {
  by: undefined,
  from: undefined,
  to: undefined,
  live: undefined,
  view: undefined,
  remote: undefined,
  filter: undefined,
  scope: undefined,
  file: undefined,
  figure: undefined,
};

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ minHeight: '100vh', background: theme.colors.background.canvas, color: theme.colors.text.primary }),
  main: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1.5),
    padding: theme.spacing(1.5, 2, 3),
    margin: '0 auto',
    maxWidth: 2560,
    '@media (max-width: 600px)': { padding: theme.spacing(1, 1, 2) },
  }),
  tiles: css({
    display: 'grid',
    // Six small pictures: numbers of columns that leave no gap.
    gridTemplateColumns: 'minmax(0, 1fr)',
    '@media (min-width: 640px)': { gridTemplateColumns: 'repeat(2, minmax(0, 1fr))' },
    '@media (min-width: 1100px)': { gridTemplateColumns: 'repeat(3, minmax(0, 1fr))' },
    '@media (min-width: 2200px)': { gridTemplateColumns: 'repeat(6, minmax(0, 1fr))' },
    gap: theme.spacing(1.5),
  }),
  nothing: css({
    margin: theme.spacing(6, 'auto'),
    maxWidth: 640,
    textAlign: 'center',
    textWrap: 'balance',
    color: theme.colors.text.secondary,
  }),
});
