/** Whom it hits. */
export const SUBJECTS = ["producer", "consumer", "media driver"] as const;
export type Subject = (typeof SUBJECTS)[number];

/** What hits it. */
export const DISTURBANCES = ["kill -9", "SIGSTOP 3 s", "SIGSTOP 15 s", "clean stop"] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

/**
 * When. "first": the others are not there yet, and come meanwhile. "load": frames flow. "last": the others are told to end as
 * soon as it has begun, and have to end without the one that is hit.
 */
export const MOMENTS = ["first", "load", "last"] as const;
export type Moment = (typeof MOMENTS)[number];

/** One cell of the process matrix. */
export interface MatrixCase {
  readonly name: string;
  readonly subject: Subject;
  readonly disturbance: Disturbance;
  readonly moment: Moment;
}

export const CASES: readonly MatrixCase[] = SUBJECTS.flatMap((subject) =>
  DISTURBANCES.flatMap((disturbance) =>
    MOMENTS.map((moment) => ({ name: `${subject}, ${disturbance}, ${moment}`, subject, disturbance, moment })),
  ),
);

/** How long it stands still; null when it ends instead. */
export function pauseMs(disturbance: Disturbance): number | null {
  if (disturbance === "SIGSTOP 3 s") return 3000;
  if (disturbance === "SIGSTOP 15 s") return 15_000;
  return null;
}
