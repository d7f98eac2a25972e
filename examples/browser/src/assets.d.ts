/** What vite makes of imports that TypeScript cannot follow. */

/** A file as a `data:` address. */
declare module '*?url&inline' {
  const address: string;
  export default address;
}

/** The address of a worker's script. */
declare module '*?worker&url' {
  const address: string;
  export default address;
}
