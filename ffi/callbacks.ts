import { JSCallback } from "bun:ffi";

/**
 * Functions that libaeron calls back on the thread that called into it (the conductor runs in invoker mode, so no other
 * thread calls them). An exception inside would silently end the current poll: it is stored and thrown by `rethrow`,
 * which the caller of the native function calls afterwards.
 */
abstract class NativeCallback {
  #error: unknown;
  #hasError = false;
  readonly #callback: JSCallback;
  readonly address: number;

  constructor(callback: JSCallback) {
    this.#callback = callback;
    this.address = callback.ptr as unknown as number;
  }

  protected keep(error: unknown): void {
    if (this.#hasError) return;
    this.#hasError = true;
    this.#error = error;
  }

  /** Throws the exception that the function threw during the native call that just returned. */
  rethrow(): void {
    if (!this.#hasError) return;
    const error = this.#error;
    this.#hasError = false;
    this.#error = undefined;
    throw error;
  }

  /** Frees the callback: native code must no longer call the address. */
  close(): void {
    this.#callback.close();
  }
}

/** aeron_on_available_image_t and aeron_on_unavailable_image_t: void (void *clientd, aeron_subscription_t *subscription, aeron_image_t *image). */
export class ImageCallback extends NativeCallback {
  constructor(onImage: (image: number) => void) {
    super(
      new JSCallback(
        (_clientd: number, _subscription: number, image: number) => {
          try {
            onImage(image);
          } catch (error) {
            this.keep(error);
          }
        },
        { args: ["ptr", "ptr", "ptr"], returns: "void" },
      ),
    );
  }
}

/** aeron_error_handler_t: void (void *clientd, int errcode, const char *message). */
export class ErrorCallback extends NativeCallback {
  constructor(onError: (code: number, message: number) => void) {
    super(
      new JSCallback(
        (_clientd: number, code: number, message: number) => {
          try {
            onError(code, message);
          } catch (error) {
            this.keep(error);
          }
        },
        { args: ["ptr", "i32", "ptr"], returns: "void" },
      ),
    );
  }
}
