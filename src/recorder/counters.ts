import { CounterSet } from "../core/counters.ts";

/** What a recorder counts for each stream. accepted by the consumer = recorded + pending + the causes. */
export function recorderCounters() {
  return new CounterSet({
    recorded: { typeId: 10600, help: "frames that are in the recording" },
    recordedBytes: { typeId: 10601, help: "payload bytes of the frames in the recording" },
    recordingOverwritten: {
      typeId: 10602,
      help: "frames that were overwritten in shared memory before the disk had taken them",
    },
    stagingFull: {
      typeId: 10603,
      help: "frames for which the recorder's buffer had no room: the disk takes less than comes",
    },
    diskTooSlow: {
      typeId: 10604,
      help: "frames that the disk did not take, and that are larger than the recorder's buffer, or were left at the end",
    },
    diskFull: { typeId: 10605, help: "frames that came while the disk was full" },
    diskFailed: { typeId: 10606, help: "frames that came after the disk had failed" },
  });
}

export const RECORDER_SHOWS = ["recorded", "recordedBytes"] as const;
export type RecorderCounters = ReturnType<typeof recorderCounters>;
