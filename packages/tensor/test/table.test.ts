import { expect, it } from 'vitest';
import { operationDocs, operationTable } from '@selfcure/tensor';

it('every operation is documented, and nothing else', () => {
  expect(Object.keys(operationDocs).sort()).toEqual(Object.keys(operationTable).sort());
});
