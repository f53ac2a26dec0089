import { PanelPlugin } from '@grafana/data';
import { Panel } from './Panel';
import { HeatmapOptions, defaults } from './options';

export const plugin = new PanelPlugin<HeatmapOptions>(Panel).setPanelOptions((builder) =>
  builder
    .addSelect({
      path: 'scale',
      name: 'Colour scale',
      description: 'Local to remote for shares about locality, little to much for everything else.',
      defaultValue: defaults.scale,
      settings: {
        options: [
          { value: 'auto', label: 'By metric' },
          { value: 'diverging', label: 'Local to remote' },
          { value: 'sequential', label: 'Little to much' },
        ],
      },
    })
    .addNumberInput({
      path: 'max',
      name: 'Maximum',
      description: 'Top of the colour scale. Empty: 100 % for shares, else a maximum that a few outliers do not move.',
      settings: { placeholder: 'auto', min: 0 },
    })
    .addBooleanSwitch({ path: 'showLegend', name: 'Legend', defaultValue: defaults.showLegend })
);
