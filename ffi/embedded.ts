let provider: (() => Uint8Array) | null = null;

/** Registers the bytes of the embedded libaeron.so; the entry of a compiled binary calls it. */
export function provideEmbeddedLibrary(bytes: () => Uint8Array): void {
  provider = bytes;
}

/** The embedded libaeron.so, or null if this is not a compiled binary. */
export function embeddedLibrary(): Uint8Array | null {
  return provider?.() ?? null;
}
