// types.d.ts declares exactly what index.js exports, and its types are useful under `strict`, without skipLibCheck.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import * as index from 'wasmformers';
import * as tokenizers from 'wasmformers/tokenizers';
import { TASKS } from '../../../js/pipelines/index.js';
import { tokenizerTypes } from '../../../tools/generate-tokenizers.js';

const TYPES = fileURLToPath(new URL('../../../js/types.d.ts', import.meta.url));
/** @type {import('typescript').CompilerOptions} */
const STRICT = {
  strict: true,
  noEmit: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
};

/**
 * @param {string} types a declaration file
 * @param {Record<string, Json>} exported what its module exports
 */
function compare(types, exported) {
  const program = ts.createProgram([types], STRICT),
    checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(/** @type {Untyped} */ (program.getSourceFile(types)));
  const values = checker
    .getExportsOfModule(/** @type {Untyped} */ (module))
    .filter((s) => (s.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(s) : s).flags & ts.SymbolFlags.Value);
  assert.deepEqual(values.map((s) => s.name).sort(), Object.keys(exported).sort());
  for (const symbol of values) {
    const isClass = !!(
        (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol).flags & ts.SymbolFlags.Class
      ),
      value = exported[symbol.name];
    assert.equal(typeof value, isClass || symbol.flags & ts.SymbolFlags.Function ? 'function' : 'object', symbol.name);
    if (!isClass) continue;
    // Declared methods exist on the prototype.
    for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
      if (!(member.flags & ts.SymbolFlags.Method) || member.name.startsWith('__@')) continue;
      assert.equal(typeof value.prototype[member.name], 'function', `${symbol.name}.${member.name}`);
    }
  }
  return (/** @type {string} */ name) =>
    new Set(
      checker
        .getDeclaredTypeOfSymbol(/** @type {Untyped} */ (values.find((s) => s.name === name)))
        .getProperties()
        .map((member) => member.name),
    );
}

test('the declared names are the exported ones, classes and functions alike', () => {
  compare(TYPES, index);
});

test('the list of tokenizer classes is what node tools/generate-tokenizers.js makes', async () => {
  assert.equal(await tokenizerTypes(), readFileSync(TYPES, 'utf8'));
});

test('wasmformers/tokenizers: the same, and all that the classes have is declared', () => {
  const membersOf = compare(fileURLToPath(new URL('../../../js/tokenizers/types.d.ts', import.meta.url)), tokenizers);
  for (const name of ['Tokenizer', 'Encoding', 'DecodeStream']) {
    const declared = membersOf(name),
      { prototype } = /** @type {Untyped} */ (tokenizers)[name];
    for (const member of Object.getOwnPropertyNames(prototype))
      assert.ok(member === 'constructor' || declared.has(member), `${name}.${member}`);
  }
});

test('the declared tasks are those of the table, each with its class', () => {
  const program = ts.createProgram([TYPES], STRICT),
    checker = program.getTypeChecker(),
    module = checker.getSymbolAtLocation(/** @type {Untyped} */ (program.getSourceFile(TYPES))),
    symbol = checker.getExportsOfModule(/** @type {Untyped} */ (module)).find(({ name }) => name === 'Tasks'),
    declared = checker
      .getDeclaredTypeOfSymbol(/** @type {Untyped} */ (symbol))
      .getProperties()
      .map((task) => [task.name, checker.typeToString(checker.getTypeOfSymbol(task))]),
    wanted = Object.entries(TASKS).flatMap(([task, Class]) =>
      [task, ...Class.aliases].map((name) => [name, Class.name]),
    );
  assert.deepEqual(Object.fromEntries(declared), Object.fromEntries(wanted));
});

test('results have the types that calls give them', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wasmformers-types-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'main.mts');
  writeFileSync(
    file,
    `
    import {
      AutoTokenizer, BertForMaskedLM, HubError, InterruptableStoppingCriteria, LlamaForCausalLM, PreTrainedModel,
      Tensor, TextStreamer, cos_sim, pipeline
    } from ${JSON.stringify(TYPES.replace('types.d.ts', 'types.js'))};
    const embed = await pipeline('feature-extraction', null, {
      progress_callback: (e) => { if (e.status === 'progress') e.loaded.toFixed(); }
    });
    const vectors: Tensor = await embed(['a', 'b'], { pooling: 'mean' });
    const near: number = cos_sim(vectors[0].data, vectors[1].data);
    const classify = await pipeline('sentiment-analysis');
    const label: string = (await classify('a'))[0].label;
    const lists: string = (await classify(['a'], { top_k: null }))[0][0].label;
    const ner = await pipeline('ner');
    const group: string = (await ner('a', { aggregation_strategy: 'simple' }))[0].entity_group;
    const entity: number = (await ner(['a']))[0][0].start;
    const answer: string = (await (await pipeline('question-answering'))('q', 'c')).answer;
    const tokenizer = await AutoTokenizer.from_pretrained('a/b');
    const model: BertForMaskedLM = await BertForMaskedLM.from_pretrained('a/b');
    const out: Tensor = (await model(tokenizer('text', { padding: true }))).logits;
    const any: PreTrainedModel = await PreTrainedModel.from_pretrained('a/b', { dtype: 'fp32' });
    using scoped = model;
    const write = await pipeline('text-generation', null, { dtype: 'q4' });
    const more: string = (await write('a', { max_new_tokens: 3 }))[0].generated_text;
    const said: string = (await write([{ role: 'user', content: 'a' }]))[0].generated_text[1].role;
    for await (const piece of write.stream('a', { seed: 1 })) piece.trim();
    const ids: Tensor = await write.model.generate(tokenizer('a'), {
      streamer: new TextStreamer(tokenizer), stopping_criteria: new InterruptableStoppingCriteria()
    });
    const llama = await LlamaForCausalLM.from_pretrained('a/b');
    const reasons: string = (await llama.generate([1, 2], { return_dict_in_generate: true })).finish_reasons[0];
    const size: number = (await LlamaForCausalLM.estimate('a/b', { dtype: 'fp16' })).memory;
    // @ts-expect-error there is no such task
    await pipeline('nope');
    // @ts-expect-error there is no such dtype
    await PreTrainedModel.from_pretrained('a/b', { dtype: 'q3' });
    // @ts-expect-error there is no such pooling
    await embed('a', { pooling: 'sum' });
    console.log(more, said, ids, reasons, size, near, label, lists, group, entity, answer, out, any, scoped, HubError);
  `,
  );
  const found = ts.getPreEmitDiagnostics(ts.createProgram([file], STRICT));
  assert.deepEqual(
    found.map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n')),
    [],
  );
});
