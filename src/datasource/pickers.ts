import { ComboboxOption } from '@grafana/ui';
import { Host, ListedMetric, Run } from './datasource';
import { By, Kind } from './query';

// Options of the pickers, shared by the query editor and the workbench.

const KINDS: Record<Kind, string> = {
  share: 'Local or remote',
  ratio: 'Ratios',
  rate: 'Rates',
  gauge: 'States',
};

/** Grouped by kind; what this run cannot answer comes last, with the reason, and cannot be chosen. */
export function metricOptions(metrics: ListedMetric[]): Array<ComboboxOption<string>> {
  const kinds = Object.keys(KINDS) as Kind[];
  const available = metrics.filter((m) => m.available).sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
  const missing = metrics.filter((m) => !m.available);
  return [
    ...available.map((m) => ({
      value: m.name,
      label: m.title,
      description: firstSentence(m.help),
      group: KINDS[m.kind],
    })),
    ...missing.map((m) => ({
      value: m.name,
      label: m.title,
      description: [m.why, m.remedy].filter(Boolean).join('; '),
      group: 'Not available in this run',
      infoOption: true,
    })),
  ];
}

function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text;
}

export function hostOptions(hosts: Host[]): Array<ComboboxOption<string>> {
  return hosts.map((h) => ({
    value: h.host,
    label: h.host,
    description: `${h.runs} ${h.runs === 1 ? 'run' : 'runs'}`,
  }));
}

export function runOptions(runs: Run[], format: (ms: number) => string): Array<ComboboxOption<string>> {
  return runs.map((r) => ({
    value: r.run,
    label: r.name || r.run,
    description: [format(r.startMs), r.state, commandOf(r)].filter(Boolean).join(' · '),
  }));
}

export function commandOf(run: Run): string {
  return Array.isArray(run.command) ? run.command.join(' ') : (run.command ?? '');
}

const BY: Record<By, string> = { cpu: 'CPU', node: 'Node', socket: 'Socket', host: 'Host' };

export function byOptions(by: By[]): Array<{ value: By; label: string }> {
  return by.map((value) => ({ value, label: BY[value] }));
}
