import { exp, log, tanh } from './elementary';
import { copyFloats } from './move';

/*
 * A small vector machine for chains of element-wise operations. Its program is a list of instructions over slots; a
 * slot is a register, which is a block of some hundred floats in scratch memory, or a stream, which is an operand or
 * a result of the whole chain in the arena. The machine goes through the elements block by block and runs every
 * instruction over a block before the next, so that what lies between two operations of a chain never leaves the
 * first-level cache.
 *
 * Every instruction has a loop of its own over 8 elements a turn; the last elements of a value, fewer than 8, go
 * through memory of the machine's own. Streams that are broadcast are written out for a block: once a task where
 * their elements repeat from block to block, else for every block.
 */

@unmanaged
export class ElementWiseParameters {
  /**
   * Five words an instruction: operation, slot of the result, slots of three operands. Slots: 16 registers, then
   * streams.
   */
  code: usize;
  instructions: i32;
  registers: i32;
  /** What every stream is: its address, its kind, its rank, and as many sizes and strides (in elements) of axes. */
  streams: usize;
  streamCount: i32;
  /** Elements of the results. */
  elements: i32;
  /** Elements of a block: a multiple of 8 and of the lengths after which streams of kind `repeated` repeat. */
  block: i32;
  /** Elements of a task: a multiple of the block. */
  share: i32;
}

/* Kinds of streams. */
const operand: i32 = 0; // read in place
const result: i32 = 1; // written in place
const repeated: i32 = 2; // broadcast, the same in every block
const varying: i32 = 3; // broadcast, written out for every block

/*
 * Scratch memory: addresses of the slots, the last elements of each stream, then blocks for registers and broadcast
 * streams.
 */
const maxRegisters: i32 = 16;
const slotBytes: usize = 4 * 32;
const endBytes: usize = 32;
const blocksAt: usize = slotBytes + 16 * endBytes;

/** Runs a chain of element-wise operations. */
export function elementWise(p: ElementWiseParameters, task: i32, scratch: usize): void {
  const start = task * p.share;
  const end = min(start + p.share, p.elements);
  const whole = start + ((end - start) & ~7);
  const block = p.block;
  const slots = scratch + (maxRegisters << 2);

  // Blocks do not start at the same place of a page: the cache would keep few of them at once.
  let free = scratch + blocksAt;
  const stride = (<usize>block << 2) + 64;
  for (let i = 0; i < p.registers; i++) {
    store<usize>(scratch + (<usize>i << 2), free);
    free += stride;
  }
  let varies = false;
  let stream = p.streams;
  for (let i = 0; i < p.streamCount; i++) {
    const kind = kindOf(stream);
    let slot = addressOf(stream) + (<usize>start << 2);
    if (kind >= repeated) {
      slot = free;
      free += stride;
      if (kind == repeated) expand(slot, 0, block, stream);
      else varies = true;
    }
    store<usize>(slots + (<usize>i << 2), slot);
    stream = next(stream);
  }

  let position = start;
  while (position < whole) {
    const count = min(block, whole - position);
    if (varies) expandVarying(p, slots, position, count);
    execute(p, scratch, count);
    position += count;
    advance(p, slots, count, position == whole);
  }
  if (position == end) return;

  // The last elements, fewer than 8: streams in place are copied, so that nothing beyond them is touched.
  const rest = end - position;
  stream = p.streams;
  for (let i = 0; i < p.streamCount; i++) {
    if (kindOf(stream) < repeated) {
      const copy = scratch + slotBytes + <usize>i * endBytes;
      if (kindOf(stream) == operand) copyFloats(copy, load<usize>(slots + (<usize>i << 2)), rest);
      store<usize>(slots + (<usize>i << 2), copy);
    }
    stream = next(stream);
  }
  if (varies) expandVarying(p, slots, position, rest);
  execute(p, scratch, 8);
  stream = p.streams;
  for (let i = 0; i < p.streamCount; i++) {
    if (kindOf(stream) == result) {
      const to = addressOf(stream) + (<usize>position << 2);
      copyFloats(to, load<usize>(slots + (<usize>i << 2)), rest);
    }
    stream = next(stream);
  }
}

// @ts-ignore: decorator
@inline
function addressOf(stream: usize): usize {
  return load<usize>(stream);
}

// @ts-ignore: decorator
@inline
function kindOf(stream: usize): i32 {
  return load<i32>(stream, 4);
}

/** Description of the stream after this one. */
// @ts-ignore: decorator
@inline
function next(stream: usize): usize {
  return stream + 12 + (load<usize>(stream, 8) << 3);
}

/** Moves the streams in place on, and, where the last block was not whole, the repeated ones too. */
function advance(p: ElementWiseParameters, slots: usize, count: i32, last: bool): void {
  let stream = p.streams;
  for (let i = 0; i < p.streamCount; i++) {
    const kind = kindOf(stream);
    if (kind < repeated || (kind == repeated && last && count < p.block)) {
      const slot = slots + (<usize>i << 2);
      store<usize>(slot, load<usize>(slot) + (<usize>count << 2));
    }
    stream = next(stream);
  }
}

/** Writes out every stream of kind `varying` from an element on. */
function expandVarying(p: ElementWiseParameters, slots: usize, position: i32, count: i32): void {
  let stream = p.streams;
  for (let i = 0; i < p.streamCount; i++) {
    if (kindOf(stream) == varying) expand(load<usize>(slots + (<usize>i << 2)), position, count, stream);
    stream = next(stream);
  }
}

/**
 * Elements `position` to `position + count` of a broadcast stream. Its last axis has stride 0 or 1. Up to 12 bytes
 * behind the last element are overwritten.
 */
function expand(to: usize, position: i32, count: i32, stream: usize): void {
  const from = addressOf(stream);
  const rank = load<i32>(stream, 8);
  const sizes = stream + 12;
  const strides = sizes + (<usize>rank << 2);
  const inner = load<i32>(strides - 4);
  const spread = load<i32>(strides + (<usize>rank << 2) - 4) == 0;
  let index = position / inner;
  let at = position - index * inner;
  while (count > 0) {
    let offset = spread ? 0 : at;
    let rest = index;
    for (let axis = rank - 2; axis > 0; axis--) {
      const size = load<i32>(sizes + (<usize>axis << 2));
      const outer = rest / size;
      offset += (rest - outer * size) * load<i32>(strides + (<usize>axis << 2));
      rest = outer;
    }
    if (rank > 1) offset += rest * load<i32>(strides);
    const run = min(inner - at, count);
    const source = from + (<usize>offset << 2);
    if (spread) {
      const value = v128.load32_splat(source);
      for (let i = 0; i < run; i += 4) v128.store(to + (<usize>i << 2), value);
    } else copyFloats(to, source, run);
    to += <usize>run << 2;
    count -= run;
    at = 0;
    index++;
  }
}

/* Operations, numbered as in src/steps/element-wise.ts. */
const opIdentity: i32 = 0;
const opNeg: i32 = 1;
const opAbs: i32 = 2;
const opRelu: i32 = 3;
const opSqrt: i32 = 4;
const opRsqrt: i32 = 5;
const opExp: i32 = 6;
const opLog: i32 = 7;
const opSigmoid: i32 = 8;
const opTanh: i32 = 9;
const opAdd: i32 = 10;
const opSub: i32 = 11;
const opMul: i32 = 12;
const opDiv: i32 = 13;
const opMaximum: i32 = 14;
const opMinimum: i32 = 15;
const opGreater: i32 = 16;
const opGreaterEqual: i32 = 17;
const opEqual: i32 = 18;
const opReluGrad: i32 = 19;
const opSelect: i32 = 20;

/** All instructions over one block; `count` is a multiple of 8. */
function execute(p: ElementWiseParameters, slots: usize, count: i32): void {
  const bytes = <usize>count << 2;
  let code = p.code;
  const codeEnd = code + <usize>p.instructions * 20;
  for (; code < codeEnd; code += 20) {
    const to = load<usize>(slots + (load<usize>(code, 4) << 2));
    const a = load<usize>(slots + (load<usize>(code, 8) << 2));
    const b = load<usize>(slots + (load<usize>(code, 12) << 2));
    const c = load<usize>(slots + (load<usize>(code, 16) << 2));
    const end = to + bytes;
    switch (load<i32>(code)) {
      case opIdentity: unaryLoop(opIdentity, to, end, a); break;
      case opNeg: unaryLoop(opNeg, to, end, a); break;
      case opAbs: unaryLoop(opAbs, to, end, a); break;
      case opRelu: unaryLoop(opRelu, to, end, a); break;
      case opSqrt: unaryLoop(opSqrt, to, end, a); break;
      case opRsqrt: unaryLoop(opRsqrt, to, end, a); break;
      case opExp: exponentials(to, end, a, 1); break;
      case opLog: logarithms(to, end, a); break;
      case opSigmoid: sigmoids(to, end, a); break;
      case opTanh: tangents(to, end, a); break;
      case opAdd: binaryLoop(opAdd, to, end, a, b); break;
      case opSub: binaryLoop(opSub, to, end, a, b); break;
      case opMul: binaryLoop(opMul, to, end, a, b); break;
      case opDiv: binaryLoop(opDiv, to, end, a, b); break;
      case opMaximum: binaryLoop(opMaximum, to, end, a, b); break;
      case opMinimum: binaryLoop(opMinimum, to, end, a, b); break;
      case opGreater: binaryLoop(opGreater, to, end, a, b); break;
      case opGreaterEqual: binaryLoop(opGreaterEqual, to, end, a, b); break;
      case opEqual: binaryLoop(opEqual, to, end, a, b); break;
      case opReluGrad: binaryLoop(opReluGrad, to, end, a, b); break;
      case opSelect: selections(to, end, a, b, c); break;
    }
  }
}

/* These two loops are written out where they are called, with an operation that the compiler knows. */

// @ts-ignore: decorator
@inline
function unaryLoop(op: i32, to: usize, end: usize, a: usize): void {
  for (; to < end; to += 32, a += 32) {
    v128.store(to, unary(op, v128.load(a)));
    v128.store(to, unary(op, v128.load(a, 16)), 16);
  }
}

// @ts-ignore: decorator
@inline
function binaryLoop(op: i32, to: usize, end: usize, a: usize, b: usize): void {
  for (; to < end; to += 32, a += 32, b += 32) {
    v128.store(to, binary(op, v128.load(a), v128.load(b)));
    v128.store(to, binary(op, v128.load(a, 16), v128.load(b, 16)), 16);
  }
}

// @ts-ignore: decorator
@inline
function unary(op: i32, a: v128): v128 {
  if (op == opNeg) return f32x4.neg(a);
  if (op == opAbs) return f32x4.abs(a);
  // 0 where a is NaN, as `a > 0 ? a : 0` is.
  if (op == opRelu) return f32x4.pmax(f32x4.splat(0), a);
  if (op == opSqrt) return f32x4.sqrt(a);
  if (op == opRsqrt) return f32x4.div(f32x4.splat(1), f32x4.sqrt(a));
  return a;
}

// @ts-ignore: decorator
@inline
function binary(op: i32, a: v128, b: v128): v128 {
  if (op == opAdd) return f32x4.add(a, b);
  if (op == opSub) return f32x4.sub(a, b);
  if (op == opMul) return f32x4.mul(a, b);
  if (op == opDiv) return f32x4.div(a, b);
  if (op == opMaximum) return f32x4.max(a, b);
  if (op == opMinimum) return f32x4.min(a, b);
  if (op == opReluGrad) return v128.and(a, f32x4.gt(b, f32x4.splat(0)));
  const one = f32x4.splat(1);
  if (op == opGreater) return v128.and(f32x4.gt(a, b), one);
  if (op == opGreaterEqual) return v128.and(f32x4.ge(a, b), one);
  return v128.and(f32x4.eq(a, b), one);
}

/** b where a is not 0, else c. */
function selections(to: usize, end: usize, a: usize, b: usize, c: usize): void {
  for (; to < end; to += 16, a += 16, b += 16, c += 16) {
    v128.store(to, v128.bitselect(v128.load(b), v128.load(c), f32x4.ne(v128.load(a), f32x4.splat(0))));
  }
}

/** e^(scale a) */
function exponentials(to: usize, end: usize, a: usize, scale: f32): void {
  for (; to < end; to += 16, a += 16) v128.store(to, exp(f32x4.mul(v128.load(a), f32x4.splat(scale))));
}

function logarithms(to: usize, end: usize, a: usize): void {
  for (; to < end; to += 16, a += 16) v128.store(to, log(v128.load(a)));
}

/** 1 / (1 + e^-a) */
function sigmoids(to: usize, end: usize, a: usize): void {
  exponentials(to, end, a, -1);
  const one = f32x4.splat(1);
  for (; to < end; to += 16) v128.store(to, f32x4.div(one, f32x4.add(one, v128.load(to))));
}

/** The operand must not be the result: see src/steps/element-wise.ts. */
function tangents(to: usize, end: usize, a: usize): void {
  exponentials(to, end, a, 2);
  for (; to < end; to += 16, a += 16) v128.store(to, tanh(v128.load(a), v128.load(to)));
}
