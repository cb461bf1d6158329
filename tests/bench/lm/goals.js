// Compares the measured figures with the goals.
import { CONFIG, matrixValues } from './model.js';

/**
 * @typedef {import('../lm.js').Figures} Figures
 * @typedef {{ place: string, bandwidth: number, figures: Figures[], missing: string[] }} Measured
 */
const LONGEST = 512 + 64;
/**
 * Bytes of packed weights, if the model does not report them: 8 bits with a scale per row, or 4 bits in blocks of 32
 * with a 16-bit scale.
 * @param {Figures} f
 */
const weightBytes = (f) => f.stats?.bytesNeeded ?? matrixValues * (f.dtype === 'q8' ? 1 : 0.5 + 2 / 32);
/**
 * Bytes of keys and values in 16 bits for the longest run, if the model does not report them.
 * @param {Figures} f
 */
const cacheBytes = (f) =>
  f.stats?.cacheBytes ??
  2 *
    CONFIG.num_hidden_layers *
    CONFIG.num_key_value_heads *
    (CONFIG.hidden_size / CONFIG.num_attention_heads) *
    LONGEST *
    2;

/**
 * @param {Measured[]} measured
 * @param {'clock' | 'cpu'} by
 * @returns {string[][]} rows: figure, goal, a cell for each place, met or not
 */
export function goals(measured, by) {
  const find = (/** @type {Measured} */ m, /** @type {string} */ who, /** @type {string} */ dtype) =>
    m.figures.find((f) => f.who === who && f.dtype === dtype);
  /** @type {string[][]} */
  const rows = [];
  /**
   * @param {string} figure
   * @param {string} goal
   * @param {(m: Measured) => [text: string, met: boolean] | null} judge
   */
  const row = (figure, goal, judge) => {
    const cells = measured.map(judge);
    if (cells.every((cell) => !cell)) return;
    rows.push([
      figure,
      goal,
      ...cells.map((cell) => cell?.[0] ?? '–'),
      cells.every((cell) => !cell || cell[1]) ? 'met' : 'not met',
    ]);
  };
  /**
   * @param {string} who
   * @param {string} dtype
   * @param {number} least
   */
  const decode = (who, dtype, least) => (/** @type {'short' | 'long'} */ key, /** @type {string} */ name) =>
    row(
      `decode ${dtype}, ${name}, against ${who === 'wllama' ? `wllama ${dtype.toUpperCase()}_0` : 'Transformers.js'}`,
      `≥ ${least}×`,
      (m) => {
        const ours = find(m, 'ours', dtype),
          peer = find(m, who, dtype);
        return ours && peer
          ? [`${(ours[key][by] / peer[key][by]).toFixed(1)}×`, ours[key][by] >= least * peer[key][by]]
          : null;
      },
    );
  for (const [who, dtype, least] of /** @type {[string, string, number][]} */ ([
    ['transformers', 'q8', 5],
    ['transformers', 'q4', 20],
    ['wllama', 'q8', 6],
    ['wllama', 'q4', 4],
  ])) {
    decode(who, dtype, least)('short', 'after 32 tokens');
    decode(who, dtype, least)('long', 'after 512');
  }
  for (const dtype of ['q8', 'q4']) {
    row(`prefill of 512 tokens, ${dtype}, against the faster peer`, '≥ 3×', (m) => {
      const ours = find(m, 'ours', dtype),
        peers = m.figures.filter((f) => f.who !== 'ours' && f.dtype === dtype);
      const fastest = Math.max(...peers.map((f) => f.prefill[by]));
      return ours && peers.length
        ? [`${(ours.prefill[by] / fastest).toFixed(1)}×`, ours.prefill[by] >= 3 * fastest]
        : null;
    });
  }
  for (const dtype of ['q8', 'q4']) {
    row(`decode ${dtype} after 32 tokens against the memory's bandwidth`, '≥ 60 %', (m) => {
      const ours = find(m, 'ours', dtype);
      if (!ours) return null;
      const part = (ours.short[by] * weightBytes(ours)) / m.bandwidth;
      return [`${(100 * part).toFixed(0)} % of ${(m.bandwidth / weightBytes(ours)).toFixed(0)} tokens/s`, part >= 0.6];
    });
  }
  for (const dtype of ['q8', 'q4']) {
    row(`peak memory ${dtype} (Wasm)`, '≤ 1.25 × packed weights + cache + 32 MB', (m) => {
      const ours = find(m, 'ours', dtype);
      if (!ours) return null;
      const allowed = 1.25 * weightBytes(ours) + cacheBytes(ours) + 32e6;
      return [`${(ours.memory / 1e6).toFixed(0)} of ${(allowed / 1e6).toFixed(0)} MB`, ours.memory <= allowed];
    });
  }
  return rows;
}

/**
 * Names the goals that need more bandwidth than the plain read loop reaches: they cannot be met on this machine.
 * @param {Measured[]} measured
 * @param {'clock' | 'cpu'} by
 */
export function ratios(measured, by) {
  const lines = [];
  for (const m of measured) {
    for (const [who, dtype, times] of /** @type {[string, string, number][]} */ ([
      ['transformers', 'q8', 5],
      ['transformers', 'q4', 20],
      ['wllama', 'q8', 6],
      ['wllama', 'q4', 4],
    ])) {
      const peer = m.figures.find((f) => f.who === who && f.dtype === dtype);
      if (!peer) continue;
      const bytes = matrixValues * (dtype === 'q8' ? 1 : 0.5 + 2 / 32),
        asked = times * peer.short[by] * bytes;
      if (asked <= m.bandwidth) continue;
      const GB = (/** @type {number} */ rate) => (rate / 1e9).toFixed(1);
      lines.push(
        `- ${m.place}: ${times}× ${who === 'wllama' ? 'wllama' : 'Transformers.js'} ${dtype} is ` +
          `${(times * peer.short[by]).toFixed(0)} tokens/s, ${GB(asked)} GB/s of weights; ` +
          `the plain read loop reaches ${GB(m.bandwidth)}.`,
      );
    }
  }
  return lines.length ? `Goals that ask for more than the memory gives:\n${lines.join('\n')}\n` : '';
}
