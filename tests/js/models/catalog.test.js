// The table of models: what is made from it is up to date, the Wasm programs know what it says and no more, every
// family has golden outputs, the Auto classes choose by it, and the README lists it.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { WasmDecoderModel } from '../../../js/engines/wasm/decoder.js';
import { WasmModel } from '../../../js/engines/wasm/model.js';
import * as index from '../../../js/index.js';
import { AUTO_CLASSES, FAMILIES, GENERATES, autoFor } from '../../../js/models/catalog.js';
import { modelFiles } from '../../../tools/generate-models.js';
import { rejection } from '../helpers/server.js';

const JS = new URL('../../../js/', import.meta.url),
  FIXTURES = new URL('../../fixtures/', import.meta.url);
const exported = /** @type {Record<string, Json>} */ (index);
/** Programs that run models, and how the README's list of their families begins. */
const PROGRAMS = { encoder: WasmModel, decoder: WasmDecoderModel },
  README = { encoder: 'Encoders', decoder: 'Language models' };
const HEADS = [...new Set(Object.values(FAMILIES).flatMap(({ heads }) => heads))];

/**
 * config.json of each golden folder, by model_type.
 * @type {Record<string, { folder: string, text: string, config: Untyped }[]>}
 */
const goldens = {};
for (const kind of ['models', 'lm']) {
  for (const name of readdirSync(new URL(`${kind}/`, FIXTURES))) {
    const url = new URL(`${kind}/${name}/config.json`, FIXTURES);
    if (!existsSync(url)) continue;
    const text = readFileSync(url, 'utf8'),
      config = JSON.parse(text);
    (goldens[config.model_type] ??= []).push({ folder: fileURLToPath(new URL('.', url)), text, config });
  }
}

test('what is made from the table is up to date (else: node tools/generate-models.js)', async () => {
  for (const [file, text] of Object.entries(await modelFiles()))
    assert.equal(readFileSync(new URL(file, JS), 'utf8'), text, file);
});

test('every program of the table is tested', () => {
  const programs = [...new Set(Object.values(FAMILIES).map(({ program }) => program))].sort();
  for (const known of [PROGRAMS, README]) assert.deepEqual(Object.keys(known).sort(), programs);
});

for (const [program, Class] of Object.entries(PROGRAMS)) {
  test(`the program ${program} knows the families that the table says`, async () => {
    // Its own list is in the error of a model_type that it does not know.
    const error = await rejection(Class.create('{"model_type":"?"}', '', 'fp32', '', /** @type {Untyped} */ (program))),
      [, known] = /knows ([^.]+)\.$/.exec(error.message) ?? [];
    assert.equal(error.code, 'unknown_model_type', error.stack);
    assert.deepEqual(
      known.split(', ').sort(),
      Object.keys(FAMILIES)
        .filter((type) => FAMILIES[type].program === program)
        .sort(),
    );
  });
}

test('every family has golden outputs, and its program the heads of the table', async () => {
  for (const [type, { name, heads, program }] of Object.entries(FAMILIES)) {
    assert.ok(goldens[type], `no golden folder of ${type}`);
    const Class = PROGRAMS[/** @type {keyof typeof PROGRAMS} */ (program)],
      { text } = goldens[type][0];
    for (const head of HEADS) {
      const create = () => Class.create(text, name + head, 'fp32', '', /** @type {Untyped} */ (program)),
        // "ForCausalLM" and "LMHeadModel" are one head under two names.
        has = heads.some((one) => one === head || (GENERATES.includes(one) && GENERATES.includes(head)));
      if (has) (await create()).dispose();
      else if (program === 'decoder' && head === 'Model')
        continue; // the program has decoders' base models; no class offers them
      else assert.equal((await rejection(create())).name, 'ConfigError', `${type} ${head}`);
    }
  }
});

test('classes: names, families, what they extend', () => {
  for (const [type, { name, heads }] of Object.entries(FAMILIES)) {
    for (const head of heads) {
      const Class = exported[name + head];
      assert.deepEqual([Class.name, Class.model_type, Class.head], [name + head, type, head]);
      assert.equal(Class.prototype instanceof index.PreTrainedCausalLM, GENERATES.includes(head), Class.name);
    }
  }
  for (const name of Object.keys(AUTO_CLASSES)) assert.equal(exported[name].name, name);
  assert.equal(autoFor('BertForMaskedLM'), 'AutoModelForMaskedLM');
  assert.equal(autoFor('BertModel'), 'AutoModel');
  assert.equal(autoFor('GPT2LMHeadModel'), 'AutoModelForCausalLM');
  assert.equal(autoFor('BertForNothing'), '');
});

test('from_pretrained gives the class that the table says', async () => {
  const golden = (/** @type {string} */ type, /** @type {string} */ architecture) =>
    goldens[type].find(({ config }) => config.architectures[0] === architecture)?.folder ?? '';
  /** @type {[string, string, Untyped, string][]} family, golden's class, class that is asked, class that comes */
  const cases = [
    ['bert', 'BertModel', index.AutoModel, 'BertModel'],
    ['bert', 'BertForMaskedLM', index.AutoModel, 'BertModel'],
    ['bert', 'BertForMaskedLM', index.AutoModelForMaskedLM, 'BertForMaskedLM'],
    ['bert', 'BertForMaskedLM', index.PreTrainedModel, 'BertForMaskedLM'],
    ['xlm-roberta', 'XLMRobertaForMaskedLM', index.PreTrainedModel, 'XLMRobertaForMaskedLM'],
    ['llama', 'LlamaForCausalLM', index.PreTrainedModel, 'LlamaForCausalLM'],
    ['gpt2', 'GPT2LMHeadModel', index.AutoModelForCausalLM, 'GPT2LMHeadModel'],
    ['gpt2', 'GPT2LMHeadModel', index.PreTrainedCausalLM, 'GPT2LMHeadModel'],
  ];
  for (const [type, architecture, Asked, wanted] of cases) {
    const folder = golden(type, architecture);
    if (!folder) continue;
    const model = await Asked.from_pretrained(folder, { dtype: 'fp32' });
    assert.ok(model instanceof exported[wanted], `${Asked.name} of ${architecture} is a ${model.constructor.name}`);
    model.dispose();
  }
  // A checkpoint may name a class of the family that it descends from, or none.
  const { folder, config } = goldens.bert.find((one) => one.config.architectures[0] === 'BertModel') ?? goldens.bert[0];
  for (const [architectures, wanted] of [
    [['RobertaModel'], 'BertModel'],
    [undefined, 'BertModel'],
  ]) {
    const model = await index.PreTrainedModel.from_pretrained(folder, { config: { ...config, architectures } });
    assert.equal(model.constructor.name, wanted);
    model.dispose();
  }
  // A caller's own subclass stays itself.
  for (const Base of [index.PreTrainedModel, index.AutoModel, index.BertModel]) {
    class Mine extends Base {}
    const model = await Mine.from_pretrained(folder, { dtype: 'fp32' });
    assert.ok(model instanceof Mine, Base.name);
    model.dispose();
  }
  const none = await rejection(index.AutoModelForCausalLM.from_pretrained(folder));
  assert.deepEqual([none.name, none.code, none.field], ['ConfigError', 'unknown_model_type', 'model_type']);
  assert.match(none.message, /llama/);
  const base = await rejection(index.AutoModel.from_pretrained(golden('llama', 'LlamaForCausalLM')));
  assert.equal(base.code, 'unknown_model_type');
});

test('the README lists the families by the names in the table', () => {
  const readme = readFileSync(new URL('../README.md', JS), 'utf8'),
    [, list] = /<!-- families: [^>]*-->\n(.*?)<!-- \/families -->/s.exec(readme) ?? [];
  assert.ok(list, 'the README has its two marks');
  const source = readFileSync(new URL('models/catalog.js', JS), 'utf8'),
    named = [...source.matchAll(/^ {2}'?([\w-]+)'?: \{ name: .*\}, \/\/ (.+)$/gm)];
  assert.deepEqual(
    named.map(([, type]) => type),
    Object.keys(FAMILIES),
    'each line ends with the name for people',
  );
  for (const [program, begin] of Object.entries(README)) {
    const [, told] = new RegExp(`^${begin}: (.*?);`, 'ms').exec(list) ?? [];
    assert.deepEqual(
      told?.split(/,\s+/),
      named.filter(([, type]) => FAMILIES[type].program === program).map(([, , name]) => name),
      begin,
    );
  }
});
