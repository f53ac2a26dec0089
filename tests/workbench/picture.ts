import { Locator, Page, expect } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { EXPORTS, NUMALENS } from '../../playwright.config';

// Reads a heatmap off the page by the data attributes of its frame, and asks
// the command line the same question.

export interface Picture {
  left: number;
  top: number;
  width: number;
  height: number;
  rows: number;
  columns: number;
  columnMs: number;
  firstColumn: number;
  from: number;
  to: number;
  metric: string;
}

export const main = (page: Page): Locator => page.getByTestId('main-figure').getByTestId('heatmap');

export async function picture(heatmap: Locator): Promise<Picture> {
  await expect(heatmap).toBeVisible();
  const d = await heatmap.evaluate((e: HTMLElement) => ({ ...e.dataset }));
  const n = (key: string) => Number(d[key]);
  return {
    left: n('plotLeft'),
    top: n('plotTop'),
    width: n('plotWidth'),
    height: n('plotHeight'),
    rows: n('rows'),
    columns: n('columns'),
    columnMs: n('columnMs'),
    firstColumn: n('firstColumn'),
    from: n('from'),
    to: n('to'),
    metric: d.metric ?? '',
  };
}

/** Points at a moment, at a height between 0 and 1 of the plot, and waits for the tooltip. */
export async function pointAt(page: Page, heatmap: Locator, ms: number, height: number): Promise<Locator> {
  const p = await picture(heatmap);
  const position = { x: p.left + ((ms - p.from) / (p.to - p.from)) * p.width, y: p.top + height * p.height };
  await heatmap.hover({ position });
  const tip = page.getByTestId('heatmap-tooltip');
  await expect(tip).toBeVisible();
  return tip;
}

interface Frame {
  schema: {
    meta: { custom: { numalens: Record<string, never> } };
    fields: Array<{ name: string; labels?: Record<string, string> }>;
  };
  data: { values: number[][] };
}

/** What `numalens query` answers. */
export function ask(query: object, exports = EXPORTS): Frame {
  const out = execFileSync(NUMALENS, ['query', exports, JSON.stringify(query)], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const answer = JSON.parse(out);
  return (answer.results ? Object.values<{ frames: Frame[] }>(answer.results)[0].frames : (answer.frames ?? answer))[0];
}
