// One subject of the language model bench in a page: window.lm.load(…) once, then window.lm.run(…) as often as asked.
import { host, watchMemory } from '/bench/host.js';

window.lm = host(
  watchMemory(),
  {
    ours: () => import('/js/index.js'),
    transformers: () => import('/node_modules/@huggingface/transformers/dist/transformers.web.min.js'),
    wllama: () => import('/node_modules/@wllama/wllama/esm/index.min.js'),
  },
  () => window.processorTime(),
);
document.title = 'READY';
