import { AutoSizeInput, InlineField, InlineFieldRow, RadioButtonGroup } from '@grafana/ui';
import React from 'react';
import { FilterField, limitOf } from './StackFields';
import { NumalensQuery, Sort } from './query';

interface Props {
  query: NumalensQuery;
  onChange: (part: Partial<NumalensQuery>) => void;
}

const SORTS: Array<{ value: Sort; label: string; description: string }> = [
  { value: 'line', label: 'As printed', description: 'By file and line' },
  { value: 'name', label: 'Name', description: 'By name, scope, instance and time' },
  { value: 'value', label: 'Value', description: 'The greatest first' },
  { value: 'time', label: 'Time', description: 'The earliest first' },
];

const TEXTS: Array<{ key: 'scope' | 'of' | 'file'; label: string; tooltip: string }> = [
  { key: 'scope', label: 'Of a', tooltip: 'What the number is of: node, cpu, socket, process, cacheline …' },
  { key: 'of', label: 'Instance', tooltip: 'Which of them, exactly as the tool names it' },
  { key: 'file', label: 'File', tooltip: 'Name of the file that it was printed in' },
];

const MOST = 10_000;

/** The fields of `figures`: which of the numbers that other tools printed. */
export function FigureFields({ query, onChange }: Props) {
  return (
    <>
      <InlineFieldRow>
        <FilterField
          filter={query.filter}
          onFilter={(filter) => onChange({ filter })}
          placeholder="every number"
          tooltip="Regular expression on the number’s name, its instance, its device or its labels"
        />
        {TEXTS.map(({ key, label, tooltip }) => (
          <InlineField key={key} label={label} tooltip={tooltip}>
            <AutoSizeInput
              aria-label={label}
              minWidth={10}
              placeholder="any"
              defaultValue={query[key]}
              onCommitChange={(e) => onChange({ [key]: e.currentTarget.value || undefined })}
            />
          </InlineField>
        ))}
      </InlineFieldRow>
      <InlineFieldRow>
        <InlineField label="Order" labelWidth={10}>
          <RadioButtonGroup
            options={SORTS}
            value={query.sort ?? 'line'}
            onChange={(sort) => onChange({ sort: sort === 'line' ? undefined : sort })}
          />
        </InlineField>
        <InlineField label="Limit" tooltip="Rows at most, 1 to 10,000">
          <AutoSizeInput
            aria-label="Limit"
            type="number"
            min={1}
            max={MOST}
            minWidth={10}
            placeholder="1000"
            defaultValue={query.limit}
            onCommitChange={(e) => onChange({ limit: limitOf(e.currentTarget.value, MOST) })}
          />
        </InlineField>
      </InlineFieldRow>
    </>
  );
}
