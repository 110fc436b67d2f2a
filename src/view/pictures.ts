import type { FrameEye } from "./frame-eye.ts";
import { keyOf, type PictureRequest, SharedPicture } from "./shared-picture.ts";

/** Bytes that all pictures keep: beyond, further ones are reduced more. */
export const MAX_KEPT_BYTES = 256 * 1024 * 1024;
/** A picture that is asked for when memory is short still has so many. */
const LEAST_ROOM_BYTES = 64 * 1024;

/** The eyes that pictures are seen through, by the stream of a request. */
interface EyeSource {
  of(stream: number): FrameEye;
}

/** The pictures that pages look at, one for all pages that ask for the same. */
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

  /** Converts the newest frame of a picture within what memory is left, see `SharedPicture.refresh`. */
  refresh(picture: SharedPicture, nowNs: number): void {
    const before = picture.keptBytes;
    const roomBytes = Math.max(LEAST_ROOM_BYTES, MAX_KEPT_BYTES - this.keptBytes + before);
    picture.refresh(nowNs, roomBytes);
    this.keptBytes += picture.keptBytes - before;
  }
}
