/** Settings stored on this machine; a browser that stores nothing starts with defaults. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`tensorpool.${key}`);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`tensorpool.${key}`, value);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}
