/** What is left to a client. */
export interface Allowance {
  isAllowed: boolean;
  /** Requests that it may send at once. */
  remaining: number;
  /** Until it may send one, or one more. */
  resetSeconds: number;
}

export interface RateLimit {
  perMinute: number;
  /** Counts a request of a client. */
  take(client: string): Allowance;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Clients that are remembered, some 100 bytes each. */
const maxClients = 20_000;

/**
 * A token bucket a client, in the memory of this instance: a minute's requests may come at once, and then one at a time.
 * Who has not been heard of for the longest time is forgotten first: its bucket is the fullest.
 *
 * @param now milliseconds, of a clock that never goes back.
 */
export function createRateLimit(perMinute: number, now: () => number = () => performance.now()): RateLimit {
  const buckets = new Map<string, Bucket>();
  const msPerToken = 60_000 / perMinute;
  return {
    perMinute,
    take(client) {
      const at = now();
      const { tokens, filledAt } = buckets.get(client) ?? { tokens: perMinute, filledAt: at };
      const filled = Math.min(perMinute, tokens + (at - filledAt) / msPerToken);
      const isAllowed = filled >= 1;
      const left = isAllowed ? filled - 1 : filled;
      buckets.delete(client);
      buckets.set(client, { tokens: left, filledAt: at });
      if (buckets.size > maxClients) buckets.delete(buckets.keys().next().value!);
      const remaining = Math.floor(left);
      return { isAllowed, remaining, resetSeconds: Math.ceil(((remaining + 1 - left) * msPerToken) / 1000) };
    },
  };
}

/**
 * What a client is told of its limit.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function rateLimitHeaders(
  { perMinute }: RateLimit,
  { remaining, resetSeconds }: Allowance,
): Record<string, string> {
  return {
    'ratelimit-policy': `"client";q=${perMinute};w=60`,
    ratelimit: `"client";r=${remaining};t=${resetSeconds}`,
  };
}
