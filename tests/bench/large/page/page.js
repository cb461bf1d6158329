// One model in a page: window.measure(wish) gives measure.js' figures, and the files that the cache then holds.
import { measure } from '/large/measure.js';

window.measure = async (wish) => {
  const lib = await import('/js/index.js');
  const figures = await measure(lib, wish, () => window.processorTime());
  const kept = async () => (await (await caches.open(lib.env.cacheKey)).keys()).map(({ url }) => url.split('/').at(-1));
  let names = await kept();
  // Files are written in the background: the disk may be slower than the server.
  for (
    let i = 0;
    lib.env.useBrowserCache &&
    i < 300 &&
    figures.estimate.files.some((/** @type {{ file: string }} */ { file }) => !names.includes(file));
    i++
  ) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    names = await kept();
  }
  return { ...figures, kept: names };
};
document.title = 'READY';
