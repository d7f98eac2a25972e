export { comparisonTable, renderComparison, summarize } from './comparison.ts';
export type { ComparisonInput, ComparisonMetric, ComparisonRow, Summary } from './comparison.ts';
export { renderReport } from './report.ts';
export type { ReportInput } from './report.ts';
