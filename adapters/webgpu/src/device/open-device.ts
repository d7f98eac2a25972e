import { WebGpuError } from '../errors.ts';
import { nodeGpu } from './node-gpu.ts';

/** A device, and what the engine may ask of it. */
export interface OpenDevice {
  readonly device: GPUDevice;
  /** What the driver says that it is. */
  readonly description: string;
  /** Whether it computes on the processor: SwiftShader, lavapipe. */
  readonly software: boolean;
  /** Most bytes of a buffer, and of the part of it that a kernel binds. */
  readonly maxBufferBytes: number;
  readonly maxBindingBytes: number;
  /** Buffers that a kernel may bind. */
  readonly maxBuffers: number;
  /** Most invocations of a workgroup. */
  readonly maxInvocations: number;
  /** Gives the device back: destroys it unless it was borrowed. */
  close(): Promise<void>;
}

/** Which device is opened. */
export interface DeviceOptions {
  readonly device?: GPUDevice | undefined;
  readonly gpu?: GPU | undefined;
  readonly powerPreference?: GPUPowerPreference | undefined;
  readonly requireHardware?: boolean | undefined;
  /** Features that are asked for where the adapter has them. */
  readonly wanted?: readonly GPUFeatureName[] | undefined;
}

/** What kernels need; every device has it by the specification, but those of compatibility mode. */
const needed = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 64,
  maxComputeWorkgroupSizeX: 64,
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeWorkgroupStorageSize: 16384,
} as const;

/** Limits that are raised to what the adapter has. */
const raised = ['maxBufferSize', 'maxStorageBufferBindingSize'] as const;

/**
 * Opens a device, or takes the one that is lent.
 *
 * @throws WebGpuError where WebGPU, an adapter or a limit is missing.
 */
export async function openDevice(options: DeviceOptions): Promise<OpenDevice> {
  const { device, requireHardware = false } = options;
  if (device) {
    checkLimits(device.limits, 'the device');
    return describe(device, device.adapterInfo, async () => {});
  }
  const gpu = options.gpu ?? globalThis.navigator?.gpu ?? (await nodeGpu());
  if (!gpu) throw new WebGpuError(whyNoGpu());
  const adapter = await gpu.requestAdapter({
    ...(options.powerPreference && { powerPreference: options.powerPreference }),
  });
  if (!adapter) {
    throw new WebGpuError(
      'WebGPU is there, but no adapter: the graphics driver is missing, too old or on a block list. ' +
        "See chrome://gpu in Chromium; in Node, a Vulkan driver must be installed. '@selfcure/wasm' runs everywhere",
    );
  }
  if (requireHardware && isSoftwareAdapter(adapter.info)) {
    throw new WebGpuError(
      `the only adapter computes on the processor (${adapter.info.architecture || adapter.info.description}). ` +
        "Leave out requireHardware, or use '@selfcure/wasm', which is faster there",
    );
  }
  checkLimits(adapter.limits, 'the adapter');
  const own = await requestDevice(adapter, options);
  return describe(own, adapter.info, async () => {
    own.destroy();
    await own.lost;
  });
}

async function requestDevice(adapter: GPUAdapter, { wanted = [] }: DeviceOptions): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice({
      label: 'selfcure',
      requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(raised.map((limit) => [limit, adapter.limits[limit]])),
    });
  } catch (cause) {
    throw new WebGpuError(`the adapter gives no device: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/**
 * Whether an adapter computes on the processor: browsers mark such adapters, drivers that the system brings are known by their names.
 *
 * @example if (isSoftwareAdapter(adapter.info)) console.log('WebAssembly is faster here');
 */
export const isSoftwareAdapter = (info: Partial<GPUAdapterInfo> | undefined): boolean =>
  info?.isFallbackAdapter === true ||
  /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${info?.architecture} ${info?.description}`);

function describe(device: GPUDevice, info: GPUAdapterInfo | undefined, close: () => Promise<void>): OpenDevice {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } = device.limits;
  return {
    device,
    description: info ? [info.vendor, info.architecture, info.device, info.description].join(' ') : 'unknown',
    software: isSoftwareAdapter(info),
    maxBufferBytes: maxBufferSize,
    maxBindingBytes: Math.min(maxBufferSize, maxStorageBufferBindingSize),
    maxBuffers: needed.maxStorageBuffersPerShaderStage,
    maxInvocations: Math.min(maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX),
    close,
  };
}

function checkLimits(limits: GPUSupportedLimits, owner: string): void {
  for (const [name, least] of Object.entries(needed)) {
    const found = limits[name as keyof typeof needed];
    if (found < least)
      throw new WebGpuError(`${owner} has ${name} ${found}, kernels need ${least}. Use '@selfcure/wasm'`);
  }
}

function whyNoGpu(): string {
  const scope = globalThis as { isSecureContext?: boolean };
  if (scope.isSecureContext === false)
    return 'navigator.gpu is missing because the page is not secure. Serve it by https or from localhost';
  return (
    "navigator.gpu is missing: this browser has no WebGPU. In Node, install the package 'webgpu' 0.6. " +
    "'@selfcure/wasm' runs everywhere"
  );
}
