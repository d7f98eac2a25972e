import type { Json } from '@selfcure/tensor';
import { html, table } from '../html.ts';
import type { Html } from '../html.ts';

/** Leaves of plain data with their paths. */
function leaves(value: Json, path: string): [string, string][] {
  if (value === null || typeof value !== 'object') return [[path, String(value)]];
  const entries: [string, Json][] = Object.entries(value);
  if (Array.isArray(value) && entries.every(([, item]) => item === null || typeof item !== 'object')) {
    return [[path, value.map(String).join(', ')]];
  }
  return entries.flatMap(([key, item]) => leaves(item, path ? `${path}.${key}` : key));
}

/** Options, seeds and versions of a run as a table. */
export function manifestSection(manifest: Json): Html {
  return html`<section>
    <details>
      <summary><h2>Manifest</h2></summary>
      ${table(['option', 'value'], leaves(manifest, ''))}
    </details>
  </section>`;
}
