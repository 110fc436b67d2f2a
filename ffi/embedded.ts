let provider: (() => Uint8Array) | null = null;

/** Registered by the entry of a compiled binary: the bytes of the libaeron.so that was built into it. */
export function provideEmbeddedLibrary(bytes: () => Uint8Array): void {
  provider = bytes;
}

/** The embedded libaeron.so, or null when this is not a compiled binary. */
export function embeddedLibrary(): Uint8Array | null {
  return provider?.() ?? null;
}
