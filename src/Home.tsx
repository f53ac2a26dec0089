import { css } from '@emotion/css';
import { GrafanaTheme2, locationUtil } from '@grafana/data';
import { LinkButton, Stack, Text, useStyles2 } from '@grafana/ui';
import React from 'react';

const STEPS: Array<[string, string]> = [
  ['Record', 'Run numalens-agent on the host that you measure: for one command, or all the time.'],
  ['Connect', 'Add a numalens data source: a directory of recordings, or the agent’s URL.'],
  ['Look', 'Draw a numalens heatmap: time by CPU or by node, grouped as the machine is built.'],
];

/** The provisioned dashboards, by their uid. */
const DASHBOARDS: Array<[string, string]> = [
  ['Is it NUMA?', 'numalens-is-it-numa'],
  ['Who allocated what', 'numalens-who-allocated-what'],
  ['Host', 'numalens-host'],
];

/** What numalens is and where to begin. */
export function Home() {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.page}>
      <Text element="h2" variant="h3">
        From a recording to a picture
      </Text>
      <Text element="p" color="secondary">
        numalens shows, for each CPU and each memory node, how much of what a program touches lies on its own node and
        how much on another. What a host cannot measure is shown as missing, with the reason; it is never shown as zero.
      </Text>
      <ol className={styles.steps}>
        {STEPS.map(([title, text]) => (
          <li key={title} className={styles.step}>
            <Text element="h3" variant="h5">
              {title}
            </Text>
            <Text color="secondary">{text}</Text>
          </li>
        ))}
      </ol>
      <Stack direction="row" gap={1}>
        <LinkButton icon="plus" href={locationUtil.assureBaseUrl('/connections/datasources/numalens-datasource')}>
          Add a data source
        </LinkButton>
        <LinkButton variant="secondary" icon="database" href={locationUtil.assureBaseUrl('/connections/datasources')}>
          Data sources
        </LinkButton>
      </Stack>
      <div className={styles.dashboards}>
        <Text element="h3" variant="h5">
          Dashboards
        </Text>
        <Stack direction="row" gap={1} wrap="wrap">
          {DASHBOARDS.map(([title, uid]) => (
            <LinkButton
              key={uid}
              variant="secondary"
              fill="outline"
              icon="apps"
              href={locationUtil.assureBaseUrl(`/d/${uid}`)}
            >
              {title}
            </LinkButton>
          ))}
        </Stack>
      </div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ maxWidth: 880, 'h2, h3': { marginBottom: theme.spacing(1) } }),
  dashboards: css({ marginTop: theme.spacing(4) }),
  steps: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(220px, 1fr))',
    gap: theme.spacing(2),
    margin: theme.spacing(3, 0),
    padding: 0,
    listStyle: 'none',
  }),
  step: css({
    padding: theme.spacing(2),
    background: theme.colors.background.secondary,
    borderRadius: theme.shape.radius.default,
    borderTop: `2px solid ${theme.colors.primary.border}`,
  }),
});
