// types.d.ts declares exactly what index.js exports, and its types are useful under `strict`, without skipLibCheck.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
      // `const Name: new (…) => Type` declares a class, too.
      [constructs] = isClass ? [] : checker.getTypeOfSymbol(symbol).getConstructSignatures(),
      value = exported[symbol.name];
    assert.equal(
      typeof value,
      isClass || constructs || symbol.flags & ts.SymbolFlags.Function ? 'function' : 'object',
      symbol.name,
    );
    if (!isClass && !constructs) continue;
    // Declared methods exist on the prototype.
    const instance = constructs ? constructs.getReturnType() : checker.getDeclaredTypeOfSymbol(symbol);
    for (const member of instance.getProperties()) {
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
    symbol = checker.getExportsOfModule(/** @type {Untyped} */ (module)).find(({ name }) => name === 'AllTasks'),
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

// The assertions are those of Transformers.js' type tests (tests/types, tests/types.test.js) for text, in other words.
const BY_NAME = `
import {
  DynamicCache, InterruptableStoppingCriteria, StoppingCriteria, log_softmax, pipeline, softmax,
} from 'wasmformers';
import type {
  AggregationStrategy, AliasType, AllTasks, BatchEncoding, Chat, DataArray, DataType, DeviceType,
  FeatureExtractionPipeline, FillMaskOutput, FillMaskPipeline, NestArray, PipelineType,
  PretrainedModelOptions, PretrainedTokenizerOptions,
  PreTrainedTokenizer, ProgressCallback, ProgressInfo, QuestionAnsweringOutput, QuestionAnsweringPipeline,
  SupportedTasks, TaskType, Tensor, TextClassificationOutput, TextClassificationPipeline, TextGenerationChatOutput,
  TextGenerationConfig, TextGenerationOutput, TextGenerationPipeline, TextGenerationStringOutput,
  TokenClassificationOutput, TokenClassificationPipeline, ZeroShotClassificationOutput, ZeroShotClassificationPipeline,
} from 'wasmformers';
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles where x has this very type. */
declare function is<Want>(): <Got>(x: Got, ...same: Same<Got, Want> extends true ? [] : [never]) => void;

is<FeatureExtractionPipeline>()(await pipeline('embeddings', 'a/b'));
const embed = await pipeline('feature-extraction', 'a/b');
is<Tensor>()(await embed(['a']));
is<DataArray>()((await embed('a')).data);
const fill = await pipeline('fill-mask');
is<FillMaskPipeline>()(fill);
is<FillMaskOutput>()(await fill('[MASK]'));
is<FillMaskOutput[]>()(await fill(['[MASK]'], { top_k: 2 }));
is<string>()((await fill('[MASK]'))[0].token_str);
const classify = await pipeline('text-classification');
is<TextClassificationPipeline>()(classify);
is<TextClassificationOutput>()(await classify('a', { top_k: 2 }));
is<TextClassificationOutput>()(await classify(['a'], { top_k: 1 }));
is<TextClassificationOutput[]>()(await classify(['a'], { top_k: null }));
const entities = await pipeline('ner');
is<TokenClassificationPipeline>()(entities);
is<TokenClassificationOutput<object>>()(await entities('a', { ignore_labels: ['O'] }));
is<number>()((await entities(['a']))[0][0].index);
is<string>()((await entities('a', { aggregation_strategy: 'simple' }))[0].entity_group);
const either: TokenClassificationOutput = await entities('a', { aggregation_strategy: 'max' });
const asked: AggregationStrategy = 'first';
is<string | undefined>()((await entities('a', { aggregation_strategy: asked as AggregationStrategy }))[0].entity);
const answer = await pipeline('question-answering');
is<QuestionAnsweringPipeline>()(answer);
is<QuestionAnsweringOutput>()(await answer('q', 'c', { top_k: 1 }));
is<QuestionAnsweringOutput[]>()(await answer('q', 'c', { top_k: 3 }));
is<QuestionAnsweringOutput[]>()(await answer(['q'], ['c']));
is<QuestionAnsweringOutput[][]>()(await answer([{ question: 'q', context: 'c' }], { top_k: 3 }));
const zero = await pipeline('zero-shot-classification');
is<ZeroShotClassificationPipeline>()(zero);
is<ZeroShotClassificationOutput>()(await zero('a', ['b']));
is<ZeroShotClassificationOutput[]>()(await zero(['a'], 'b, c'));
const write = await pipeline('text-generation');
const chat: Chat = [{ role: 'user', content: 'a' }];
is<TextGenerationPipeline>()(write);
is<TextGenerationStringOutput>()(await write('a'));
is<TextGenerationStringOutput[]>()(await write(['a'], { max_new_tokens: 1 }));
is<TextGenerationChatOutput>()(await write(chat, { stopping_criteria: [new InterruptableStoppingCriteria()] }));
is<TextGenerationChatOutput[]>()(await write([chat]));
is<TextGenerationStringOutput>()(await write(chat, { return_full_text: false }));
const output: TextGenerationOutput = await write(chat);
is<DynamicCache | null | undefined>()({} as TextGenerationConfig['past_key_values']);
await write('a', { past_key_values: new DynamicCache() });
is<Tensor>()(new DynamicCache()['past_key_values.0.key']);
// @ts-expect-error
await write('a', { past_key_values: 'bad' });
// @ts-expect-error
await classify('a', { top_k: 'bad' });
// @ts-expect-error
await entities('a', { ignore_labels: 'bad' });
// @ts-expect-error
await zero('a', ['b'], { multi_label: 'bad' });

declare const tokenizer: PreTrainedTokenizer;
is<BatchEncoding<Tensor>>()(tokenizer('a'));
is<Tensor>()(tokenizer(['a'], { padding: true }).attention_mask);
is<number[]>()(tokenizer('a', { return_tensor: false }).input_ids);
is<BatchEncoding<number[][]>>()(tokenizer._call(['a'], { return_tensor: false }));
is<string>()(tokenizer.apply_chat_template(chat, { tokenize: false }));
is<string[]>()(tokenizer.apply_chat_template([chat], { tokenize: false }));
is<BatchEncoding<Tensor>>()(tokenizer.apply_chat_template(chat));
is<number[]>()(tokenizer.apply_chat_template(chat, { return_tensor: false, return_dict: false }));
is<Tensor>()(tokenizer.apply_chat_template(chat, { return_dict: false, add_generation_prompt: true }));

class Long extends StoppingCriteria {
  _call(input_ids: number[][], scores: number[][]) {
    return input_ids.map((ids) => ids.length > 9);
  }
}
is<number[][]>()([] as Parameters<StoppingCriteria['_call']>[0]);
is<number[]>()(softmax([1, 2]));
is<number[]>()(log_softmax([1, 2]).map((p, i) => p * i));
is<string>()('' as AliasType extends keyof AllTasks ? string : 0);
is<string>()('' as TaskType extends PipelineType ? string : 0);
is<TextGenerationPipeline>()({} as SupportedTasks['text-generation']);
is<number[][]>()([] as NestArray<number, 2>);
const heard: ProgressCallback = (event: ProgressInfo) => {
  if (event.status === 'progress_total') is<number>()(event.files['a'].loaded);
};
const options: PretrainedModelOptions = { dtype: 'q4' satisfies DataType, device: 'wasm' satisfies DeviceType };
const more: PretrainedTokenizerOptions = { revision: 'main', progress_callback: heard };
export { Long, either, more, options, output };
`;
const RESOLUTIONS = {
  node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
};
for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
  test(`the types by Transformers.js' names, strict, ${name}`, (t) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'wasmformers-types-')),
      file = path.join(folder, 'main.mts');
    t.after(() => rmSync(folder, { recursive: true }));
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(path.resolve(TYPES, '../..'), path.join(folder, 'node_modules/wasmformers'), 'junction');
    writeFileSync(file, BY_NAME);
    const found = ts.getPreEmitDiagnostics(ts.createProgram([file], { ...STRICT, ...resolution }));
    assert.deepEqual(
      found.map((d) => {
        const line = d.file?.getLineAndCharacterOfPosition(d.start ?? 0).line ?? 0;
        return `${d.file?.text.split('\n')[line]}: ${ts.flattenDiagnosticMessageText(d.messageText, '\n')}`;
      }),
      [],
    );
  });
}
