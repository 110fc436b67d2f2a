/** What triggers a flight recorder, beside the kinds of events. */
export const TRIGGERS = ["signal", "SIGUSR1", "SIGUSR2", "loss", "http"] as const;
