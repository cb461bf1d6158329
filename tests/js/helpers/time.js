// Times that a test may compare with each other, never with a number of its own: machines differ, and are busy.

/**
 * Starts a clock of what this process itself computes: what other programs take of the processor is not in it.
 * @returns {() => number} ms since the start
 */
export function cpuClock() {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e3;
  };
}
