// Ours and @huggingface/tokenizers in turn in a page: ?name= says which tokenizer; files come from the bench's server.
import { differing, inTurn, javascript, ours } from '/bench/measure.js';
import { Tokenizer } from '/js/tokenizers/index.js';
import { Tokenizer as Peer } from '/node_modules/@huggingface/tokenizers/dist/tokenizers.min.mjs';

const query = new URLSearchParams(location.search),
  name = query.get('name');
const get = async (/** @type {string} */ what) => {
  const response = await fetch(`/data/${what}`);
  if (!response.ok) throw new Error(`${what}: status ${response.status}`);
  return response;
};
try {
  const file = async (/** @type {string} */ what) => new Uint8Array(await (await get(`${name}/${what}`)).arrayBuffer());
  const bytes = await file('tokenizer.json'),
    json = new TextDecoder().decode(bytes),
    asIs = await file('as-is.json');
  const config = await (await get(`${name}/tokenizer_config.json`)).json();
  const lines = (await (await get('prose.txt')).text()).split('\n').filter(Boolean);
  const form = (await Tokenizer.fromJSON(asIs)).toBinary();
  const load = await inTurn(
    {
      ours: {
        load: async () => (await Tokenizer.fromJSON(asIs)).dispose(),
        binary: async () => (await Tokenizer.fromBinary(form)).dispose(),
      },
      js: { load: () => new Peer(JSON.parse(new TextDecoder().decode(asIs)), config) },
    },
    2,
  );
  const mine = await Tokenizer.fromJSON(bytes),
    theirs = new Peer(JSON.parse(json), config);
  const since = performance.now();
  for (const line of lines.slice(0, 100)) theirs.encode(line);
  const few = performance.now() - since > 2000 ? lines.slice(0, 200) : lines;
  const times = await inTurn(
    { ours: ours(mine, lines), js: javascript(theirs, few) },
    Number(query.get('seconds') ?? 8),
  );
  const differ = differing(
    lines.slice(0, 500),
    (/** @type {string} */ line) => mine.encodeIds([line], { padding: false, truncation: false }).ids,
    (/** @type {string} */ line) => theirs.encode(line).ids,
  );
  window.result = {
    name,
    load,
    times,
    differ: { js: differ },
    jsShare: few.join('\n').length / lines.join('\n').length,
    bytes: new Blob(lines).size,
  };
} catch (error) {
  window.result = { error: String(error instanceof Error ? error.stack : error) };
}
document.title = 'DONE';
