/** Our C++ source, in the package beside `dist` (and beside `src` in the repository). */
export const nativeSource: URL = new URL('../native/selfcure_tensorflow.cc', import.meta.url);
