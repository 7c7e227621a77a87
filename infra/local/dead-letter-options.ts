/** Options that choose dead letters, by the names of the command line. */
export interface DeadLetterOptions {
  stage?: string;
  agency?: string;
  since?: Date;
  subject?: string;
  error?: string;
  /** `usualLimits` unless given. */
  limit?: number;
  all?: boolean;
  json?: boolean;
}

/** How many are listed, and how many redriven or discarded, unless a call says it. */
export const usualLimits = { list: 50, change: 1000 };
