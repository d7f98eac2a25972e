import { describe, expect, it } from 'vitest';

// The benchmarks are JavaScript without declarations.
const { parseArguments } = await import(new URL('../../bench/kernels/arguments.mjs', import.meta.url).href);
const { estimate } = await import(new URL('../../bench/kernels/estimate.mjs', import.meta.url).href);
const { BenchError } = await import(new URL('../../bench/error.mjs', import.meta.url).href);

const known = { models: ['resnet18-s2', 'small'], backends: ['wasm', 'webgpu'] };
const parse = (...line: string[]): unknown => parseArguments(line, known);

describe('arguments of bench:kernels', () => {
  it('have defaults, smaller ones for WebGPU', () => {
    expect(parse()).toEqual({
      backend: 'wasm',
      batch: 32,
      threads: 1,
      exact: false,
      only: '',
      seconds: 0.5,
      step: null,
    });
    expect(parse('--backend', 'webgpu')).toMatchObject({ batch: 4, step: null });
  });

  it('name a step, its plan and a device', () => {
    expect(parse('--backend', 'webgpu', '--step', 'small')).toMatchObject({
      batch: 8,
      step: { model: 'small', size: 12, channels: 3, width: 1, plan: 'own', gpus: [] },
    });
    const gpu = { gflops: 4000, gbps: 200, ghz: 1.5, launchUs: 5 };
    const line = [
      '--backend',
      'webgpu',
      '--step',
      'resnet18-s2',
      '--batch',
      '32',
      '--plan',
      'hardware',
      '--gpu',
      JSON.stringify(gpu),
    ];
    expect(parse(...line)).toMatchObject({
      batch: 32,
      step: { model: 'resnet18-s2', size: 48, channels: 1, plan: 'hardware', gpus: [gpu] },
    });
  });

  it.each([
    [['--step', 'small'], 'Give --backend webgpu'],
    [['--backend', 'webgpu', '--plan', 'hardware'], '--plan has no meaning without --step'],
    [['--backend', 'webgpu', '--step', 'small', '--plan', 'best'], "--plan 'best' is unknown. Known: own, hardware"],
    [['--backend', 'webgpu', '--step', 'small', '--gpu', '{"tflops":4}'], "'tflops', which is unknown"],
    [['--backend', 'webgpu', '--step', 'small', '--gpu', '{"gflops":4000,"gbps":200,"ghz":1.5}'], '--gpu launchUs'],
  ])('are refused by name: %j', (line, message) => {
    expect(() => parse(...line)).toThrow(BenchError);
    expect(() => parse(...line)).toThrow(message);
  });
});

describe('estimate', () => {
  const gpu = { gflops: 1000, gbps: 100, ghz: 1, launchUs: 10 };

  it('takes for each kernel what bounds it, and a launch', () => {
    const kernels = [
      // 2 ms of arithmetic, 1 ms of memory; a million invocations at 2 GFLOP/s each.
      { flops: 2e9, bytes: 1e8, invocations: 1e6 },
      // 3 ms of memory.
      { flops: 1e6, bytes: 3e8, invocations: 1e6 },
      // 64 invocations compute at 128 GFLOP/s: 5 ms.
      { flops: 64e7, bytes: 1e6, invocations: 64 },
      // A chain of small operations.
      { flops: 0, bytes: null, invocations: 64 },
    ];
    const times = estimate(kernels, gpu);
    expect(times.arithmetic).toBeCloseTo(2, 9);
    expect(times.memory).toBeCloseTo(3, 9);
    expect(times.invocations).toBeCloseTo(5, 9);
    expect(times.launches).toBeCloseTo(0.04, 9);
    expect(times.total).toBeCloseTo(10.04, 9);
  });
});
