/**
 * Who owns regions and who runs the media driver. "standalone": the producer, and a process that the roles start. "embedded": a
 * driver, with the media driver inside. "external": a driver, and a media driver that was started by hand.
 */
export const DEPLOYMENTS = ["standalone", "embedded", "external"] as const;
export type Deployment = (typeof DEPLOYMENTS)[number];

/** Whom it hits. */
export type Role = "producer" | "consumer";
export type Service = "driver" | "media driver";
export type Subject = Role | Service;

/** What hits it. */
export type Disturbance = "kill -9" | "SIGSTOP 3 s" | "SIGSTOP 5 s" | "SIGSTOP 15 s" | "clean stop";

/**
 * When. "first": the others are not there yet, and come meanwhile. "load": frames flow. "last": the others are told to end as
 * soon as it has begun, and have to end without the one that is hit.
 */
export const MOMENTS = ["first", "load", "last"] as const;
export type Moment = (typeof MOMENTS)[number];

/** One cell of the process matrix. */
export interface MatrixCase {
  readonly name: string;
  readonly deployment: Deployment;
  readonly subject: Subject;
  readonly disturbance: Disturbance;
  readonly moment: Moment;
}

/** What is started by hand, in order. */
export const SERVICES: Readonly<Record<Deployment, readonly Service[]>> = {
  standalone: [],
  embedded: ["driver"],
  external: ["media driver", "driver"],
};

const SUBJECTS: Readonly<Record<Deployment, readonly Subject[]>> = {
  standalone: ["producer", "consumer", "media driver"],
  embedded: ["driver", "producer", "consumer"],
  external: ["driver", "media driver", "producer", "consumer"],
};

/** The shorter pause: one that everything outlives, and one that no lease does. */
const DISTURBANCES: Readonly<Record<Deployment, readonly Disturbance[]>> = {
  standalone: ["kill -9", "SIGSTOP 3 s", "SIGSTOP 15 s", "clean stop"],
  embedded: ["kill -9", "SIGSTOP 5 s", "SIGSTOP 15 s", "clean stop"],
  external: ["kill -9", "SIGSTOP 5 s", "SIGSTOP 15 s", "clean stop"],
};

export const CASES: readonly MatrixCase[] = DEPLOYMENTS.flatMap((deployment) =>
  SUBJECTS[deployment].flatMap((subject) =>
    DISTURBANCES[deployment].flatMap((disturbance) =>
      MOMENTS.map((moment) => ({
        name: `${deployment}: ${subject}, ${disturbance}, ${moment}`,
        deployment,
        subject,
        disturbance,
        moment,
      })),
    ),
  ),
);

/** @throws RangeError */
export function caseNamed(name: string): MatrixCase {
  const found = CASES.find((matrixCase) => matrixCase.name === name);
  if (found === undefined) throw new RangeError(`expected a case of the process matrix, found "${name}"`);
  return found;
}

export function isService(subject: Subject): subject is Service {
  return subject === "driver" || subject === "media driver";
}

/** True when the media driver goes with whom it hits. */
export function hitsMediaDriver({ deployment, subject }: MatrixCase): boolean {
  return subject === "media driver" || (subject === "driver" && deployment === "embedded");
}

/** How long it is paused; null when it ends instead. */
export function pauseMs(disturbance: Disturbance): number | null {
  const seconds = /^SIGSTOP (\d+) s$/.exec(disturbance)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}
