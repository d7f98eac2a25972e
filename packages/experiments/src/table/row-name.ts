/**
 * A row in words, for sentences and legends. A recipe stands without its label; switches, `x` for on and `-` for off, are named where they are on.
 *
 * @param names labels that tell the rows apart; the others are left out.
 * @example rowName({ recipe: 'cure', noise: 'pair 20 %' }, ['recipe', 'noise']) // 'cure, noise pair 20 %'
 */
export function rowName(labels: Readonly<Record<string, string>>, names: readonly string[]): string {
  const parts = names.flatMap((name) => {
    const value = labels[name] ?? '';
    if (value === '' || value === '-') return [];
    if (value === 'x') return [name];
    return [name === 'recipe' ? value : `${name} ${value}`];
  });
  const switches = parts.length > 1 && names.every((name) => ['x', '-'].includes(labels[name] ?? ''));
  return parts.join(switches ? ' + ' : ', ') || 'none';
}
