// A Node process that measures one model (argument: measure.js' wish as JSON) and prints the figures as JSON.
import { readFileSync } from 'node:fs';
import { measure } from './measure.js';

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const figures = await measure(await import('../../../js/index.js'), JSON.parse(process.argv[2]), cpu, cpu);
/** The peak of the process's memory: by the kernel on Linux, elsewhere by Node. */
let peak = process.resourceUsage().maxRSS * 1024;
try {
  peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
} catch {}
process.stdout.write(JSON.stringify({ ...figures, peak, name: `Node ${process.version.slice(1)}` }));
