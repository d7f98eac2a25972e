/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

/** What a template may hold: text is escaped, HTML is not; nothing and false leave no trace. */
export type Content = Html | string | number | null | undefined | false | readonly Content[];

/** Escapes text for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (typeof content === 'string') return escapeHtml(content);
  if (typeof content === 'number') return String(content);
  return 'html' in content ? content.html : content.map(render).join('');
}

/**
 * HTML from a template; every value in it is escaped unless it is HTML.
 *
 * @example html`<td>${title}</td>`
 */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return { html: parts.reduce((text, part, i) => text + part + (i < values.length ? render(values[i]) : ''), '') };
}

/** A table with a header row; `numeric` columns are aligned to the right. */
export function table(
  header: readonly string[],
  rows: readonly (readonly Content[])[],
  numeric: readonly number[] = [],
): Html {
  const align = (column: number): Html => (numeric.includes(column) ? html` class="number"` : html``);
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${header.map((text, i) => html`<th scope="col" ${align(i)}>${text}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell, i) => html`<td${align(i)}>${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A share as a percentage with one decimal; a dash where there is none. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined || Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)} %`;
}

/** A number with some decimals; a dash where there is none. */
export function decimal(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
}
