import type { Shape } from '@selfcure/tensor';
import { attributeType } from '../native/binding.ts';
import type { OpAttribute } from '../native/binding.ts';

/** A string attribute. */
export const text = (name: string, value: string): OpAttribute => ({ name, type: attributeType.string, value });
/** An integer, or a list of integers. */
export const int = (name: string, value: number | readonly number[]): OpAttribute => ({
  name,
  type: attributeType.int,
  value,
});
export const float = (name: string, value: number): OpAttribute => ({ name, type: attributeType.float, value });
export const bool = (name: string, value: boolean): OpAttribute => ({ name, type: attributeType.bool, value });
/** A type of elements, one of `dataType`. */
export const type = (name: string, value: number): OpAttribute => ({ name, type: attributeType.type, value });
export const shape = (name: string, value: Shape): OpAttribute => ({ name, type: attributeType.shape, value });
