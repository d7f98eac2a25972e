import type { Summary, SummaryRow } from './summarize.ts';

/** Rows that share a control. */
export interface RowGroup {
  /** What its rows share; empty where all rows share one control. */
  readonly labels: Readonly<Record<string, string>>;
  readonly control: SummaryRow | null;
  /** Without the control. */
  readonly rows: readonly SummaryRow[];
}

/** Rows of a table by their control; labels that tell the rows of one group apart are those of the control. Without one, all rows are one group. */
export function groupsOf({ labelNames, control, rows }: Summary): {
  readonly groups: readonly RowGroup[];
  /** Labels that tell the rows of a group apart. */
  readonly within: readonly string[];
} {
  const free = Object.keys(control).length === 0;
  const within = labelNames.filter((name) => free || name in control);
  const shared = labelNames.filter((name) => !within.includes(name));
  const isControl = ({ labels }: SummaryRow): boolean =>
    !free && within.every((name) => (labels[name] ?? '') === control[name]);
  const groups = new Map<string, SummaryRow[]>();
  for (const row of rows) {
    const key = JSON.stringify(shared.map((name) => row.labels[name] ?? ''));
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return {
    within,
    groups: [...groups.values()].map((members) => ({
      labels: Object.fromEntries(shared.map((name) => [name, members[0]!.labels[name] ?? ''])),
      control: members.find(isControl) ?? null,
      rows: members.filter((row) => !isControl(row)),
    })),
  };
}
