import type { FrameEye } from "./frame-eye.ts";
import { keyOf, type PictureRequest, SharedPicture } from "./shared-picture.ts";

/** Limit for the bytes of all pictures: beyond it, further ones are reduced more. */
export const MAX_KEPT_BYTES = 256 * 1024 * 1024;
/** Minimum for a picture requested when memory is short. */
const LEAST_ROOM_BYTES = 64 * 1024;

/** Finds the eye of a requested stream. */
interface EyeSource {
  of(stream: number): FrameEye;
}

/** The watched pictures, shared by all pages with the same request. */
export class Pictures {
  /** Bytes of all messages together. */
  keptBytes = 0;
  readonly #eyes: EyeSource;
  readonly #minPeriodNs: number | undefined;
  readonly #pictures = new Map<string, SharedPicture>();
  readonly #keys = new Map<SharedPicture, string>();

  constructor(eyes: EyeSource, minPeriodNs?: number) {
    this.#eyes = eyes;
    this.#minPeriodNs = minPeriodNs;
  }

  get size(): number {
    return this.#pictures.size;
  }

  take(request: PictureRequest): SharedPicture {
    const key = keyOf(request);
    let picture = this.#pictures.get(key);
    if (picture === undefined) {
      picture = new SharedPicture(request, this.#eyes.of(request.stream), this.#minPeriodNs);
      this.#pictures.set(key, picture);
      this.#keys.set(picture, key);
    }
    picture.users++;
    picture.eye.users++;
    return picture;
  }

  release(picture: SharedPicture): void {
    picture.eye.users--;
    if (--picture.users > 0) return;
    this.keptBytes -= picture.keptBytes;
    this.#pictures.delete(this.#keys.get(picture) ?? "");
    this.#keys.delete(picture);
  }

  /** Converts the newest frame of a picture within the remaining memory, see `SharedPicture.refresh`. */
  refresh(picture: SharedPicture, nowNs: number): void {
    const before = picture.keptBytes;
    const roomBytes = Math.max(LEAST_ROOM_BYTES, MAX_KEPT_BYTES - this.keptBytes + before);
    picture.refresh(nowNs, roomBytes);
    this.keptBytes += picture.keptBytes - before;
  }
}
