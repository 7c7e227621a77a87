/** A month of one resource. */
export interface CostLine {
  resource: string;
  /** In words: what is paid for. */
  quantity: string;
  usd: number;
}

/** A line of the bill; what is within the free tier costs nothing. */
export function line(resource: string, quantity: string, usd: number): CostLine {
  return { resource, quantity, usd: Math.max(0, usd) };
}

export const hoursPerMonth = 730;
export const kibPerGib = 1024 * 1024;
