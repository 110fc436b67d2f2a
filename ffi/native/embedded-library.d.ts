// Type of an import of a library `with { type: "file" }`: the path at which the compiled binary finds its bytes.
declare module "*.so" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the form that Bun gives to imported files
  export default path;
}

declare module "*.page" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: the form that Bun gives to imported files
  export default path;
}
