/** The distinct values of a column so far, and which of them each value is. */
export interface Dictionary {
  readonly values: readonly Buffer[];
  readonly indexes: readonly number[];
  /** Takes a value, or says that a dictionary is not worth it (any more): then it has not taken it. */
  add(value: Buffer): boolean;
  /** Whether it saves anything: it does while at most half of the values are distinct. */
  isWorthwhile(): boolean;
}

/** Longer texts are rarely said twice. */
const MAX_VALUE_BYTES = 1_024;
const MAX_DISTINCT_BYTES = 1024 * 1024;
/** With fewer distinct values nothing is decided yet. */
const MIN_DISTINCT = 32;

/** What it answers depends on the values and their order alone. */
export function createDictionary(): Dictionary {
  const values: Buffer[] = [];
  const indexes: number[] = [];
  const indexOf = new Map<string, number>();
  let distinctBytes = 0;
  const isWorthwhile = () => values.length > 0 && values.length * 2 <= indexes.length;
  return {
    values,
    indexes,
    add(value) {
      if (value.length > MAX_VALUE_BYTES) return false;
      const key = value.toString('latin1');
      let index = indexOf.get(key);
      if (index === undefined) {
        if (values.length >= MIN_DISTINCT && !isWorthwhile()) return false;
        distinctBytes += value.length;
        if (distinctBytes > MAX_DISTINCT_BYTES) return false;
        index = values.length;
        values.push(Buffer.from(value));
        indexOf.set(key, index);
      }
      indexes.push(index);
      return true;
    },
    isWorthwhile,
  };
}
