/** Names of the files in a run folder. */
export const runFiles = {
  manifest: 'run.json',
  model: 'model.safetensors',
  state: 'state.safetensors',
  previousState: 'state-previous.safetensors',
  labels: 'labels.csv',
  changesCsv: 'changes.csv',
  changesJsonl: 'changes.jsonl',
  history: 'history.jsonl',
  report: 'report.html',
} as const;
