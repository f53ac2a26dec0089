import { AutoSizeInput, InlineField, InlineFieldRow, InlineSwitch, Input } from '@grafana/ui';
import React, { useState } from 'react';
import { filterProblem } from './filter';
import { NumalensQuery, View } from './query';

interface Props {
  view: View;
  query: NumalensQuery;
  onChange: (part: Partial<NumalensQuery>) => void;
}

/** What both views of stacks say where nothing is asked for; docs/format/frames.md has them. */
const LIMITS: Partial<Record<View, { unset: string; most: number; what: string }>> = {
  hotspots: {
    unset: '100',
    most: 10_000,
    what: 'Rows at most, 1 to 10,000; the rest is one more, so that the sums hold',
  },
  flame: {
    unset: '5000',
    most: 50_000,
    what: 'Boxes at most, 1 to 50,000; the smallest are put together, so that the sums hold',
  },
};

/** The fields of `hotspots` and `flame`: which stacks, and how many. */
export function StackFields({ view, query, onChange }: Props) {
  const limit = LIMITS[view];
  return (
    <InlineFieldRow>
      <FilterField filter={query.filter} onFilter={(filter) => onChange({ filter })} />
      <InlineField label="Remote only" tooltip="Only what was given on another node than the CPU’s">
        <InlineSwitch
          aria-label="Remote only"
          value={query.remote ?? false}
          onChange={(e) => onChange({ remote: e.currentTarget.checked || undefined })}
        />
      </InlineField>
      <InlineField label="Limit" tooltip={limit?.what}>
        <AutoSizeInput
          aria-label="Limit"
          type="number"
          min={1}
          max={limit?.most}
          minWidth={10}
          placeholder={limit?.unset}
          defaultValue={query.limit}
          onCommitChange={(e) => onChange({ limit: limitOf(e.currentTarget.value, limit?.most) })}
        />
      </InlineField>
    </InlineFieldRow>
  );
}

export function limitOf(text: string, most = Infinity): number | undefined {
  const n = Math.round(Number(text));
  return n > 0 ? Math.min(most, n) : undefined;
}

interface FilterProps {
  filter?: string;
  onFilter: (filter: string | undefined) => void;
  placeholder?: string;
  tooltip?: string;
}

const OF_STACKS = 'Regular expression on the stack’s frames, the thread’s name or the container';

/** Checked at each key; asked for when one is done, so that half an expression is never a query. */
export function FilterField({ filter, onFilter, placeholder = 'every stack', tooltip = OF_STACKS }: FilterProps) {
  const [text, setText] = useState(filter ?? '');
  // Another query, or one taken back, brings its own.
  const [given, setGiven] = useState(filter);
  if (filter !== given) {
    setGiven(filter);
    setText(filter ?? '');
  }
  const problem = filterProblem(text);
  const done = () => {
    if (!problem && text !== (filter ?? '')) {
      onFilter(text || undefined);
    }
  };
  return (
    <InlineField
      label="Filter"
      labelWidth={10}
      grow
      shrink
      invalid={problem !== undefined}
      error={problem}
      tooltip={tooltip}
    >
      <Input
        aria-label="Filter"
        placeholder={placeholder}
        value={text}
        onChange={(e) => setText(e.currentTarget.value)}
        onBlur={done}
        onKeyDown={(e) => e.key === 'Enter' && done()}
      />
    </InlineField>
  );
}
