const MOST = 10;

/** One line of many problems: the first ten, and how many more there are. */
export function joinProblems(problems: readonly string[]): string {
  const more = problems.length - MOST;
  return problems.slice(0, MOST).join('; ') + (more > 0 ? `; and ${more} more` : '');
}
