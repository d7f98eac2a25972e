import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { nativeSource } from '../package-files.ts';

/**
 * Twelve hexadecimal digits that change when our C++ source does; a binding in the cache carries those that it was built
 * from. Null where the source is not at hand (an application bundled into one file): any binding is taken then.
 */
export function sourcesVersion(): string | null {
  try {
    return createHash('sha256').update(readFileSync(nativeSource)).digest('hex').slice(0, 12);
  } catch {
    return null;
  }
}
