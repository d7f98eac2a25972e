/** Names of the files in the folder of an audit. */
export const auditFiles = {
  manifest: 'audit.json',
  csv: 'audit.csv',
  jsonl: 'audit.jsonl',
  parquet: 'audit.parquet',
  /** Probabilities and posterior of every sample, for programs. */
  arrays: 'audit.safetensors',
  page: 'audit.html',
} as const;
