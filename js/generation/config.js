// The options of a generation. In rising order of precedence: config.json's token ids, the repository's
// generation_config.json (transformers: generation/configuration_utils.py), a call's generation_config, the call's own
// options. Values are checked in C++ (wasm/generate/config.cpp).

import { ConfigError } from '../errors.js';

/** @typedef {Record<string, any>} Json */

const IDS = ['bos_token_id', 'eos_token_id', 'pad_token_id'];
/** What is read of a file. Other names (of older or other programs) are ignored there; in a call they are errors. */
export const OF_FILES = new Set([
  ...IDS,
  ...(
    'max_length max_new_tokens min_length min_new_tokens max_time do_sample temperature top_k top_p min_p typical_p ' +
    'epsilon_cutoff eta_cutoff num_beams num_return_sequences length_penalty early_stopping repetition_penalty ' +
    'no_repeat_ngram_size bad_words_ids suppress_tokens begin_suppress_tokens forced_bos_token_id ' +
    'forced_eos_token_id sequence_bias exponential_decay_length_penalty stop_strings renormalize_logits ' +
    'remove_invalid_values guidance_scale encoder_repetition_penalty encoder_no_repeat_ngram_size ' +
    'prompt_lookup_num_tokens max_matching_ngram_size return_dict_in_generate output_scores output_logits'
  ).split(' '),
]);

/**
 * The options that are set: null and undefined are as if absent.
 * @param {Json | null | undefined} options
 * @returns {Json}
 */
export const onlySet = (options) =>
  Object.fromEntries(Object.entries(options ?? {}).filter(([, v]) => v !== undefined && v !== null));

/**
 * @param {Json | null} file generation_config.json, where there is one
 * @param {Json} config config.json
 * @returns {Json}
 */
export function readGenerationConfig(file, config) {
  if (file !== null && (typeof file !== 'object' || Array.isArray(file)))
    throw new ConfigError('generation_config.json must hold an object.', {
      code: 'wrong_type',
      file: 'generation_config.json',
    });
  const ids = Object.fromEntries(IDS.map((name) => [name, config?.[name] ?? config?.text_config?.[name]]));
  const read = { ...onlySet(ids), ...onlySet(file) };
  // Files for greedy decoding may have a temperature that sampling would refuse.
  if (!read.do_sample && read.temperature === 0) delete read.temperature;
  return Object.fromEntries(Object.entries(read).filter(([name]) => OF_FILES.has(name)));
}

/**
 * The options of one call.
 * @param {Json} defaults readGenerationConfig()'s
 * @param {Json | null} given a GenerationConfig of the caller's
 * @param {Json} call
 * @returns {Json}
 */
export function mergeOptions(defaults, given, call) {
  const out = { ...defaults };
  for (const layer of [onlySet(given), onlySet(call)]) {
    // Either length replaces the other: a call's max_length counts, not the file's max_new_tokens.
    if (layer.max_length !== undefined && layer.max_new_tokens === undefined) delete out.max_new_tokens;
    if (layer.max_new_tokens !== undefined && layer.max_length === undefined) delete out.max_length;
    if (layer.min_length !== undefined && layer.min_new_tokens === undefined) delete out.min_new_tokens;
    Object.assign(out, layer);
  }
  return out;
}
