/**
 * CPU seconds of this process since the call, whatever else the machine does. For tests that a hostile input costs no
 * quadratic time: their bound lies far above what linear work takes, and far below the minutes of anything worse.
 */
export function startCpuClock(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6;
  };
}

/** The bound of such tests, in CPU seconds. */
export const hostileInputSeconds = 20;
