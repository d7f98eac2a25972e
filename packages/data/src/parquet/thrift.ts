/** A struct of Thrift's compact protocol: numbers, flags and structs by field number; other values are looked at and left out. */
export interface ThriftStruct {
  readonly numbers: ReadonlyMap<number, number>;
  readonly flags: ReadonlyMap<number, boolean>;
  readonly structs: ReadonlyMap<number, ThriftStruct>;
  /** Where the struct ends. */
  readonly end: number;
}

/** Structs within structs; Parquet's own go six deep. */
const deepest = 24;

/**
 * Reads a struct of Thrift's compact protocol and checks all of it, so that a reader that trusts it can neither be sent into
 * endless numbers nor made to make room for lists that are not there.
 *
 * @throws Error (not a DataError; callers know the file) where it runs past `end` or cannot be.
 */
export function readThrift(view: DataView, start: number, end: number, depth = 0): ThriftStruct {
  if (depth > deepest) throw new Error('its structures are nested too deeply');
  const numbers = new Map<number, number>();
  const flags = new Map<number, boolean>();
  const structs = new Map<number, ThriftStruct>();
  let offset = start;
  const byte = (): number => {
    if (offset >= end) throw new Error(`a structure runs past byte ${end}`);
    return view.getUint8(offset++);
  };
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const next = byte();
      value += (next & 127) * 2 ** (7 * i);
      if (next < 128) return value;
    }
    throw new Error(`the number at byte ${offset - 10} does not end`);
  };
  const zigzag = (): number => {
    const value = varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };
  const skip = (count: number): void => {
    if (!(count <= end - offset)) throw new Error(`a value runs past byte ${end}`);
    offset += count;
  };
  const element = (type: number, field: number | undefined): void => {
    switch (type) {
      case 1:
      case 2: // the type is the value
        if (field !== undefined) flags.set(field, type === 1);
        return;
      case 3:
        return skip(1);
      case 4:
      case 5:
      case 6: {
        const value = zigzag();
        if (field !== undefined) numbers.set(field, value);
        return;
      }
      case 7:
        return skip(8);
      case 8:
        return skip(varint());
      case 9: {
        const head = byte();
        const count = head >> 4 === 15 ? varint() : head >> 4;
        if (!(count <= end - offset)) throw new Error(`a list of ${count} runs past byte ${end}`);
        const inner = head & 15;
        for (let i = 0; i < count; i++) {
          if (inner <= 2) skip(1);
          else element(inner, undefined);
        }
        return;
      }
      case 12: {
        const struct = readThrift(view, offset, end, depth + 1);
        offset = struct.end;
        if (field !== undefined) structs.set(field, struct);
        return;
      }
      default:
        throw new Error(`there is no type ${type} (byte ${offset})`);
    }
  };
  let field = 0;
  for (;;) {
    const head = byte();
    if ((head & 15) === 0) break;
    field = head >> 4 === 0 ? zigzag() : field + (head >> 4);
    element(head & 15, field);
  }
  return { numbers, flags, structs, end: offset };
}
