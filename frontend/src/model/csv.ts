/** Rows as CSV (RFC 4180). A text that a spreadsheet would take for a formula gets a quote before it. */
export function writeCsv(rows: readonly (readonly (string | number | null | undefined)[])[]) {
  return rows.map((row) => `${row.map(writeCell).join()}\r\n`).join('');
}

function writeCell(value: string | number | null | undefined): string {
  if (value == null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
