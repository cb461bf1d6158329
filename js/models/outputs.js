// What a call of a model gives: its outputs by name, in the class that Transformers has for its head.

export class ModelOutput {
  /** @param {Record<string, unknown>} outputs by PyTorch's names */
  constructor(outputs) {
    Object.assign(this, outputs);
  }
}
export class BaseModelOutput extends ModelOutput {}
export class MaskedLMOutput extends ModelOutput {}
export class SequenceClassifierOutput extends ModelOutput {}
export class TokenClassifierOutput extends ModelOutput {}
export class QuestionAnsweringModelOutput extends ModelOutput {}
export class MultipleChoiceModelOutput extends ModelOutput {}
export class CausalLMOutput extends ModelOutput {}
export class CausalLMOutputWithPast extends ModelOutput {}
export class Seq2SeqLMOutput extends ModelOutput {}

/**
 * By the ending of a class name.
 * @type {Record<string, typeof ModelOutput>}
 */
export const OUTPUTS = {
  Model: BaseModelOutput,
  ForMaskedLM: MaskedLMOutput,
  ForSequenceClassification: SequenceClassifierOutput,
  ForTokenClassification: TokenClassifierOutput,
  ForQuestionAnswering: QuestionAnsweringModelOutput,
  ForMultipleChoice: MultipleChoiceModelOutput,
  ForCausalLM: CausalLMOutputWithPast,
  LMHeadModel: CausalLMOutputWithPast,
};
