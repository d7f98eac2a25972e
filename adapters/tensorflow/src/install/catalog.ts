/** A wheel of Python's package index, pinned. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  /** Platform tags that pip is asked for. */
  readonly platforms: readonly string[];
  readonly sha256: string;
  /** Size of the file. */
  readonly bytes: number;
  /** Size of what is unpacked of it. */
  readonly unpacked: number;
}

/** TensorFlow's version that is fetched. */
export const tensorflowVersion = '2.21.0';

/** Python's version whose wheels are fetched. Only the C interface is used, so no Python of that version is needed. */
export const wheelPython = '3.12';

/** Wheels by processor and build; the libraries of CUDA lie beside TensorFlow, where its run path finds them. */
export function wheelsFor(arch: string, build: 'cpu' | 'cuda'): readonly Wheel[] | null {
  if (arch === 'x64') return build === 'cpu' ? x64Cpu : x64Cuda;
  return arch === 'arm64' && build === 'cpu' ? arm64Cpu : null;
}

const x64Cpu: readonly Wheel[] = [
  {
    name: 'tensorflow-cpu',
    version: '2.21.0',
    file: 'tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
    platforms: ['manylinux_2_27_x86_64'],
    sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
    bytes: 274_000_871,
    unpacked: 853_868_899,
  },
];

const arm64Cpu: readonly Wheel[] = [
  {
    name: 'tensorflow',
    version: '2.21.0',
    file: 'tensorflow-2.21.0-cp312-cp312-manylinux_2_27_aarch64.whl',
    platforms: ['manylinux_2_27_aarch64'],
    sha256: 'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
    bytes: 281_946_471,
    unpacked: 883_622_171,
  },
];

const x64Cuda: readonly Wheel[] = [
  {
    name: 'tensorflow',
    version: '2.21.0',
    file: 'tensorflow-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
    platforms: ['manylinux_2_27_x86_64'],
    sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
    bytes: 572_611_111,
    unpacked: 1_259_581_043,
  },
  {
    name: 'nvidia-cublas-cu12',
    version: '12.9.3.13',
    file: 'nvidia_cublas_cu12-12.9.3.13-py3-none-manylinux_2_27_x86_64.whl',
    platforms: ['manylinux_2_27_x86_64'],
    sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
    bytes: 581_217_458,
    unpacked: 855_064_416,
  },
  {
    name: 'nvidia-cuda-cupti-cu12',
    version: '12.8.90',
    file: 'nvidia_cuda_cupti_cu12-12.8.90-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    platforms: ['manylinux2014_x86_64', 'manylinux_2_17_x86_64'],
    sha256: 'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182',
    bytes: 10_248_621,
    unpacked: 41_311_976,
  },
  {
    name: 'nvidia-cuda-nvcc-cu12',
    version: '12.9.86',
    file: 'nvidia_cuda_nvcc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    platforms: ['manylinux2010_x86_64', 'manylinux_2_12_x86_64'],
    sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
    bytes: 40_546_229,
    unpacked: 97_998_760,
  },
  {
    name: 'nvidia-cuda-nvrtc-cu12',
    version: '12.9.86',
    file: 'nvidia_cuda_nvrtc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    platforms: ['manylinux2010_x86_64', 'manylinux_2_12_x86_64'],
    sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
    bytes: 89_568_129,
    unpacked: 227_340_992,
  },
  {
    name: 'nvidia-cuda-runtime-cu12',
    version: '12.9.79',
    file: 'nvidia_cuda_runtime_cu12-12.9.79-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    platforms: ['manylinux2014_x86_64', 'manylinux_2_17_x86_64'],
    sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
    bytes: 3_493_179,
    unpacked: 741_088,
  },
  {
    name: 'nvidia-cudnn-cu12',
    version: '9.28.0.42',
    file: 'nvidia_cudnn_cu12-9.28.0.42-py3-none-manylinux_2_27_x86_64.whl',
    platforms: ['manylinux_2_27_x86_64'],
    sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
    bytes: 716_538_495,
    unpacked: 1_162_393_472,
  },
  {
    name: 'nvidia-cufft-cu12',
    version: '11.4.1.4',
    file: 'nvidia_cufft_cu12-11.4.1.4-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    platforms: ['manylinux2014_x86_64', 'manylinux_2_17_x86_64'],
    sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
    bytes: 200_877_592,
    unpacked: 293_609_416,
  },
  {
    name: 'nvidia-curand-cu12',
    version: '10.3.10.19',
    file: 'nvidia_curand_cu12-10.3.10.19-py3-none-manylinux_2_27_x86_64.whl',
    platforms: ['manylinux_2_27_x86_64'],
    sha256: '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
    bytes: 68_295_626,
    unpacked: 166_965_432,
  },
  {
    name: 'nvidia-cusolver-cu12',
    version: '11.7.5.82',
    file: 'nvidia_cusolver_cu12-11.7.5.82-py3-none-manylinux_2_27_x86_64.whl',
    platforms: ['manylinux_2_27_x86_64'],
    sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
    bytes: 338_117_415,
    unpacked: 494_975_064,
  },
  {
    name: 'nvidia-cusparse-cu12',
    version: '12.5.10.65',
    file: 'nvidia_cusparse_cu12-12.5.10.65-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    platforms: ['manylinux2014_x86_64', 'manylinux_2_17_x86_64'],
    sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
    bytes: 366_465_088,
    unpacked: 486_556_368,
  },
  {
    name: 'nvidia-nccl-cu12',
    version: '2.32.3',
    file: 'nvidia_nccl_cu12-2.32.3-py3-none-manylinux_2_27_x86_64.whl',
    platforms: ['manylinux_2_27_x86_64'],
    sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
    bytes: 351_526_311,
    unpacked: 473_614_536,
  },
  {
    name: 'nvidia-nvjitlink-cu12',
    version: '12.9.86',
    file: 'nvidia_nvjitlink_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    platforms: ['manylinux2010_x86_64', 'manylinux_2_12_x86_64'],
    sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
    bytes: 39_748_338,
    unpacked: 95_935_344,
  },
];

/** The npm package whose C++ sources are compiled, and the digests of its tarball and of those files. */
export const bindingPackage = {
  name: '@tensorflow/tfjs-node',
  version: '4.22.0',
  tarball: 'tensorflow-tfjs-node-4.22.0.tgz',
  sha512: 'uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
  /** Files of its folder `binding`, by SHA-256. */
  files: {
    'napi_auto_ref.h': '775e602b81ce9c7ee5c69f0177fa0f4672921c7860b16783674f531a1057f167',
    'tf_auto_status.h': 'a9dbf9e92fe9c1decbf9c0418c2439bd157c5e81e761c2803a3d20d9c64206d1',
    'tf_auto_tensor.h': '9a34980cf9ffa904c1039a57fb0c73adf4342efd31068d6aac8deab8bfb98e0a',
    'tfe_auto_op.h': 'b0c12024598081e6879dc5580755512e3d5594562e9b754a91e0ff94e7c305e4',
    'tfjs_backend.cc': '37a6a6f29e0be5e6ba17fe2b7c943a730f1069eaa8a536fd42ea22b0c56695f7',
    'tfjs_backend.h': '51a1cb1db170f78edca4edcd1245b600251f88fba9c5fdea340fb13d9e4cc728',
    'tfjs_binding.cc': '352e096779ac9c9cfe0648ea887e8991828375e2b11955b4e220b7ab5b9fb690',
    'utils.h': 'f78f6292b022d9a58fa46701f69a8d6c27da83951ba0c9aa1e60bc9879e71d6a',
  },
} as const;

/** What is unpacked of a wheel: libraries and the headers of the C interface, and the two tools that TensorFlow calls. */
export function isNeeded(path: string): boolean {
  return (
    /^tensorflow\/libtensorflow_(cc|framework)\.so\.2$/.test(path) ||
    /^tensorflow\/include\/(tensorflow\/c\/|(tensorflow\/core|tsl)\/platform\/ctstring|xla\/tsl\/c\/).*[^/]$/.test(
      path,
    ) ||
    /^nvidia\/.+\.so(\.\d+)*$/.test(path) ||
    /^nvidia\/cuda_nvcc\/(bin\/(ptxas|nvlink)|nvvm\/libdevice\/.+)$/.test(path) ||
    /^[^/]+\.dist-info\/(licenses\/)?(LICENSE|License\.txt)$/.test(path)
  );
}
