import { errorLines } from '../chart/error-lines.ts';
import type { ExperimentPlot } from '../chart/experiment-chart.ts';
import { heatMap } from '../chart/heat-map.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';

/** Plots under one heading; nothing where there are none. */
export function plotsSection(heading: string, note: string, plots: readonly ExperimentPlot[]): Html {
  if (plots.length === 0) return html``;
  return html`<section>
    <h2>${heading}</h2>
    <p class="note">${note}</p>
    <div class="plots">${plots.map((plot) => (plot.kind === 'map' ? heatMap(plot) : errorLines(plot)))}</div>
  </section>`;
}
