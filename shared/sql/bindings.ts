/** Binds a value and returns its placeholder: `$1`, `$2`, … */
export type Bind = (value: unknown) => string;

/** Collects the values of one statement. */
export function bindings(): { bind: Bind; values: unknown[] } {
  const values: unknown[] = [];
  return { values, bind: (value) => `$${values.push(value)}` };
}
