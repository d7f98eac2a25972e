/** What an adapter says of itself, on one line. */
export function describeAdapter({ info }) {
  const { vendor, architecture, device, description } = info;
  return [vendor, architecture, description || device].filter(Boolean).join(' ') || 'unknown';
}
