import { ScaleChoice } from './palette';

export interface HeatmapOptions {
  scale: ScaleChoice;
  showLegend: boolean;
  /** Top of a sequential scale; unset is a robust maximum of the data. */
  max?: number;
}

export const defaults: HeatmapOptions = { scale: 'auto', showLegend: true };
