// What a model declares of its inputs and limits. A stopgap until the programs say it themselves.

/**
 * @param {any} handle
 * @returns {import('../engine.js').Declared[]}
 */
export const inputsOf = (handle) =>
  handle.inputs?.() ??
  handle.inputNames().map((/** @type {string} */ name) => ({
    name,
    dtype: 'int32',
    dims: ['batch', 'length'],
    optional: name !== 'input_ids',
  }));

/**
 * @param {any} handle
 * @param {string} configJson
 * @returns {import('../engine.js').Limits}
 */
export function limitsOf(handle, configJson) {
  if (handle.limits) return handle.limits();
  const config = JSON.parse(configJson),
    offset = /roberta|camembert|mpnet/.test(config.model_type ?? '') ? (config.pad_token_id ?? 1) + 1 : 0;
  return { length: Math.max(0, (config.max_position_embeddings ?? 0) - offset), vocabulary: config.vocab_size ?? 0 };
}
