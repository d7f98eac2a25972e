/**
 * Operations whose stock kernel computes wrong values on a tfjs backend (4.22), and how: a backend does not claim them
 * unless it brings a kernel of its own.
 */
export const knownFaults: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  wasm: {
    maxPoolGrad:
      "tfjs's WASM kernel loses the gradient of every window whose maximum is not positive; use @selfcure/wasm",
    sum: "tfjs's WASM kernel adds up in one float32, 1e-2 off over a million elements; use @selfcure/wasm",
  },
};
