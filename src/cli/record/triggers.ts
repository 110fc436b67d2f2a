/** Triggers of a flight recorder, in addition to the kinds of events. */
export const TRIGGERS = ["signal", "SIGUSR1", "SIGUSR2", "loss", "http"] as const;
