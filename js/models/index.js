// The classes by their names in Transformers: Auto classes by head, and one per family and head. They differ in two
// words only, so they are made from a table.

import { PreTrainedCausalLM } from './causal-lm.js';
import { PreTrainedModel } from './model.js';

/** @typedef {typeof PreTrainedModel} ModelClass */

/**
 * @param {string} name
 * @param {string | null} head
 * @param {string | null} type
 * @returns {ModelClass}
 */
function define(name, head, type = null) {
  const Class = class extends PreTrainedModel {
    static head = head;
    static model_type = type;
  };
  Object.defineProperty(Class, 'name', { value: name });
  return Class;
}

/**
 * The same for models that write.
 * @param {string} name
 * @param {string | null} type
 */
function defineCausal(name, type = null) {
  const Class = class extends PreTrainedCausalLM {
    static model_type = type;
  };
  Object.defineProperty(Class, 'name', { value: name });
  return Class;
}

export { PreTrainedCausalLM, PreTrainedModel };

export const AutoModel = define('AutoModel', '');
export const AutoModelForMaskedLM = define('AutoModelForMaskedLM', 'MaskedLM');
export const AutoModelForSequenceClassification = define(
  'AutoModelForSequenceClassification',
  'SequenceClassification',
);
export const AutoModelForTokenClassification = define('AutoModelForTokenClassification', 'TokenClassification');
export const AutoModelForQuestionAnswering = define('AutoModelForQuestionAnswering', 'QuestionAnswering');
export const AutoModelForMultipleChoice = define('AutoModelForMultipleChoice', 'MultipleChoice');
export const AutoModelForCausalLM = defineCausal('AutoModelForCausalLM');

export const AlbertModel = define('AlbertModel', '', 'albert');
export const AlbertForMaskedLM = define('AlbertForMaskedLM', 'MaskedLM', 'albert');
export const AlbertForSequenceClassification = define(
  'AlbertForSequenceClassification',
  'SequenceClassification',
  'albert',
);
export const AlbertForTokenClassification = define('AlbertForTokenClassification', 'TokenClassification', 'albert');
export const AlbertForQuestionAnswering = define('AlbertForQuestionAnswering', 'QuestionAnswering', 'albert');
export const AlbertForMultipleChoice = define('AlbertForMultipleChoice', 'MultipleChoice', 'albert');
export const BertModel = define('BertModel', '', 'bert');
export const BertForMaskedLM = define('BertForMaskedLM', 'MaskedLM', 'bert');
export const BertForSequenceClassification = define('BertForSequenceClassification', 'SequenceClassification', 'bert');
export const BertForTokenClassification = define('BertForTokenClassification', 'TokenClassification', 'bert');
export const BertForQuestionAnswering = define('BertForQuestionAnswering', 'QuestionAnswering', 'bert');
export const BertForMultipleChoice = define('BertForMultipleChoice', 'MultipleChoice', 'bert');
export const CamembertModel = define('CamembertModel', '', 'camembert');
export const CamembertForMaskedLM = define('CamembertForMaskedLM', 'MaskedLM', 'camembert');
export const CamembertForSequenceClassification = define(
  'CamembertForSequenceClassification',
  'SequenceClassification',
  'camembert',
);
export const CamembertForTokenClassification = define(
  'CamembertForTokenClassification',
  'TokenClassification',
  'camembert',
);
export const CamembertForQuestionAnswering = define('CamembertForQuestionAnswering', 'QuestionAnswering', 'camembert');
export const CamembertForMultipleChoice = define('CamembertForMultipleChoice', 'MultipleChoice', 'camembert');
export const DebertaV2Model = define('DebertaV2Model', '', 'deberta-v2');
export const DebertaV2ForMaskedLM = define('DebertaV2ForMaskedLM', 'MaskedLM', 'deberta-v2');
export const DebertaV2ForSequenceClassification = define(
  'DebertaV2ForSequenceClassification',
  'SequenceClassification',
  'deberta-v2',
);
export const DebertaV2ForTokenClassification = define(
  'DebertaV2ForTokenClassification',
  'TokenClassification',
  'deberta-v2',
);
export const DebertaV2ForQuestionAnswering = define('DebertaV2ForQuestionAnswering', 'QuestionAnswering', 'deberta-v2');
export const DebertaV2ForMultipleChoice = define('DebertaV2ForMultipleChoice', 'MultipleChoice', 'deberta-v2');
export const DistilBertModel = define('DistilBertModel', '', 'distilbert');
export const DistilBertForMaskedLM = define('DistilBertForMaskedLM', 'MaskedLM', 'distilbert');
export const DistilBertForSequenceClassification = define(
  'DistilBertForSequenceClassification',
  'SequenceClassification',
  'distilbert',
);
export const DistilBertForTokenClassification = define(
  'DistilBertForTokenClassification',
  'TokenClassification',
  'distilbert',
);
export const DistilBertForQuestionAnswering = define(
  'DistilBertForQuestionAnswering',
  'QuestionAnswering',
  'distilbert',
);
export const DistilBertForMultipleChoice = define('DistilBertForMultipleChoice', 'MultipleChoice', 'distilbert');
export const ElectraModel = define('ElectraModel', '', 'electra');
export const ElectraForMaskedLM = define('ElectraForMaskedLM', 'MaskedLM', 'electra');
export const ElectraForSequenceClassification = define(
  'ElectraForSequenceClassification',
  'SequenceClassification',
  'electra',
);
export const ElectraForTokenClassification = define('ElectraForTokenClassification', 'TokenClassification', 'electra');
export const ElectraForQuestionAnswering = define('ElectraForQuestionAnswering', 'QuestionAnswering', 'electra');
export const ElectraForMultipleChoice = define('ElectraForMultipleChoice', 'MultipleChoice', 'electra');
export const MPNetModel = define('MPNetModel', '', 'mpnet');
export const MPNetForMaskedLM = define('MPNetForMaskedLM', 'MaskedLM', 'mpnet');
export const MPNetForSequenceClassification = define(
  'MPNetForSequenceClassification',
  'SequenceClassification',
  'mpnet',
);
export const MPNetForTokenClassification = define('MPNetForTokenClassification', 'TokenClassification', 'mpnet');
export const MPNetForQuestionAnswering = define('MPNetForQuestionAnswering', 'QuestionAnswering', 'mpnet');
export const MPNetForMultipleChoice = define('MPNetForMultipleChoice', 'MultipleChoice', 'mpnet');
export const ModernBertModel = define('ModernBertModel', '', 'modernbert');
export const ModernBertForMaskedLM = define('ModernBertForMaskedLM', 'MaskedLM', 'modernbert');
export const ModernBertForSequenceClassification = define(
  'ModernBertForSequenceClassification',
  'SequenceClassification',
  'modernbert',
);
export const ModernBertForTokenClassification = define(
  'ModernBertForTokenClassification',
  'TokenClassification',
  'modernbert',
);
export const ModernBertForQuestionAnswering = define(
  'ModernBertForQuestionAnswering',
  'QuestionAnswering',
  'modernbert',
);
export const ModernBertForMultipleChoice = define('ModernBertForMultipleChoice', 'MultipleChoice', 'modernbert');
export const RobertaModel = define('RobertaModel', '', 'roberta');
export const RobertaForMaskedLM = define('RobertaForMaskedLM', 'MaskedLM', 'roberta');
export const RobertaForSequenceClassification = define(
  'RobertaForSequenceClassification',
  'SequenceClassification',
  'roberta',
);
export const RobertaForTokenClassification = define('RobertaForTokenClassification', 'TokenClassification', 'roberta');
export const RobertaForQuestionAnswering = define('RobertaForQuestionAnswering', 'QuestionAnswering', 'roberta');
export const RobertaForMultipleChoice = define('RobertaForMultipleChoice', 'MultipleChoice', 'roberta');
export const XLMRobertaModel = define('XLMRobertaModel', '', 'xlm-roberta');
export const XLMRobertaForMaskedLM = define('XLMRobertaForMaskedLM', 'MaskedLM', 'xlm-roberta');
export const XLMRobertaForSequenceClassification = define(
  'XLMRobertaForSequenceClassification',
  'SequenceClassification',
  'xlm-roberta',
);
export const XLMRobertaForTokenClassification = define(
  'XLMRobertaForTokenClassification',
  'TokenClassification',
  'xlm-roberta',
);
export const XLMRobertaForQuestionAnswering = define(
  'XLMRobertaForQuestionAnswering',
  'QuestionAnswering',
  'xlm-roberta',
);
export const XLMRobertaForMultipleChoice = define('XLMRobertaForMultipleChoice', 'MultipleChoice', 'xlm-roberta');

export const GPT2LMHeadModel = defineCausal('GPT2LMHeadModel', 'gpt2');
export const BloomForCausalLM = defineCausal('BloomForCausalLM', 'bloom');
export const OPTForCausalLM = defineCausal('OPTForCausalLM', 'opt');
export const GPTNeoXForCausalLM = defineCausal('GPTNeoXForCausalLM', 'gpt_neox');
export const LlamaForCausalLM = defineCausal('LlamaForCausalLM', 'llama');
export const MistralForCausalLM = defineCausal('MistralForCausalLM', 'mistral');
export const Qwen2ForCausalLM = defineCausal('Qwen2ForCausalLM', 'qwen2');
export const Qwen3ForCausalLM = defineCausal('Qwen3ForCausalLM', 'qwen3');
export const Qwen2MoeForCausalLM = defineCausal('Qwen2MoeForCausalLM', 'qwen2_moe');
export const GemmaForCausalLM = defineCausal('GemmaForCausalLM', 'gemma');
export const Gemma2ForCausalLM = defineCausal('Gemma2ForCausalLM', 'gemma2');
export const Gemma3ForCausalLM = defineCausal('Gemma3ForCausalLM', 'gemma3_text');
export const Phi3ForCausalLM = defineCausal('Phi3ForCausalLM', 'phi3');
export const SmolLM3ForCausalLM = defineCausal('SmolLM3ForCausalLM', 'smollm3');
export const FalconForCausalLM = defineCausal('FalconForCausalLM', 'falcon');
export const GraniteForCausalLM = defineCausal('GraniteForCausalLM', 'granite');
export const Olmo2ForCausalLM = defineCausal('Olmo2ForCausalLM', 'olmo2');
export const StableLmForCausalLM = defineCausal('StableLmForCausalLM', 'stablelm');
