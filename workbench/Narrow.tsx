import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { Field, IconButton, InlineSwitch, Input, RadioButtonGroup, useStyles2 } from '@grafana/ui';
import React, { useEffect, useState } from 'react';
import { ListedMetric } from '../src/datasource/datasource';
import { filterProblem } from '../src/datasource/filter';
import { Place } from './place';
import { kindOf, kindsOf, metricOf } from './traced';
import { SetPlace } from './usePlace';

interface Props {
  metrics: ListedMetric[];
  metric: ListedMetric;
  place: Place;
  setPlace: SetPlace;
}

const MEASURES = [
  { value: false, label: 'Bytes' },
  { value: true, label: 'Count' },
];

/** As long as one types, nothing is asked. */
const TYPING_MS = 500;

const OF_STACKS = 'Filter: a function, a command, a container';

/** Which allocations the page shows: a kind, by bytes or count, remote ones only, those that a filter finds. */
export function Narrow({ metrics, metric, place, setPlace }: Props) {
  const styles = useStyles2(getStyles);
  const { kind, counted } = kindOf(metric.name);
  return (
    <div className={styles.row} data-testid="narrow">
      <RadioButtonGroup
        aria-label="Kind"
        options={kindsOf(metrics)}
        value={kind}
        onChange={(k) => setPlace({ metric: metricOf(k, counted) })}
      />
      <RadioButtonGroup
        aria-label="Measure"
        options={MEASURES}
        value={counted}
        onChange={(c) => setPlace({ metric: metricOf(kind, c) })}
      />
      <InlineSwitch
        label="Remote only"
        showLabel
        value={place.remote !== undefined}
        onChange={(e) => setPlace({ remote: e.currentTarget.checked ? '1' : undefined })}
      />
      <Filter filter={place.filter ?? ''} onFilter={(filter) => setPlace({ filter: filter || undefined })} />
    </div>
  );
}

interface FilterProps {
  filter: string;
  onFilter: (filter: string) => void;
  placeholder?: string;
}

/** An expression that is asked for once one stops typing. */
export function Filter({ filter, onFilter, placeholder = OF_STACKS }: FilterProps) {
  const styles = useStyles2(getStyles);
  const [text, setText] = useState(filter);
  // What is chosen elsewhere, by a click on a name, stands here at once.
  const [chosen, setChosen] = useState(filter);
  if (filter !== chosen) {
    setChosen(filter);
    setText(filter);
  }
  const problem = filterProblem(text);
  useEffect(() => {
    if (text === filter || problem) {
      return;
    }
    const timer = setTimeout(() => onFilter(text), TYPING_MS);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- onFilter is made anew in each render
  }, [text, filter, problem]);
  return (
    <Field noMargin className={styles.filter} invalid={problem !== undefined} error={problem}>
      <Input
        aria-label="Filter"
        data-testid="filter"
        placeholder={placeholder}
        value={text}
        onChange={(e) => setText(e.currentTarget.value)}
        onKeyDown={(e) => e.key === 'Enter' && !problem && onFilter(text)}
        suffix={text && <IconButton name="times" aria-label="Clear the filter" onClick={() => onFilter('')} />}
      />
    </Field>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  row: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'flex-start', gap: theme.spacing(1, 1.5) }),
  filter: css({ flex: '1 1 260px', maxWidth: 560 }),
});
