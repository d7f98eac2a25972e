/**
 * Rows of text in columns as wide as their widest cell.
 *
 * @param {readonly (readonly string[])[]} rows the first has as many cells as any.
 * @returns {string}
 */
export function textTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((text, i) => text.padEnd(widths[i] + 2))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}
