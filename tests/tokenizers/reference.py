"""The reference answers: PyPI `tokenizers` behind a pipe. Each line of stdin is a JSON command, each gets a line of stdout.

{"load": tokenizer.json as text}             -> {"version", "vocab": some tokens, "added": [contents]} | {"error"}
{"cases": [case, ...]}                       -> {"answers": [answer | {"error"}, ...]}
{"decode": [[ids], ...]}                     -> {"texts": [[skipping special tokens, with all], ...]}

case: {text: str | [words], pair?, special: bool, truncation?: [max_length, stride, strategy, direction],
padding?: [direction, pad_to_multiple_of, length or null], batch?: [texts], pairs?: [of each a second text]}. Offsets are code points.
"""
import json
import sys

import tokenizers

tokenizer = None


def load(text):
    global tokenizer
    tokenizer = tokenizers.Tokenizer.from_str(text)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    vocabulary = tokenizer.get_vocab(with_added_tokens=False)
    step = max(1, len(vocabulary) // 2000)
    added = [t.content for t in tokenizer.get_added_tokens_decoder().values()]
    return {"version": tokenizers.__version__, "vocab": sorted(vocabulary)[::step], "added": added}


def plain(e):
    return {
        "ids": e.ids, "tokens": e.tokens, "offsets": [x for pair in e.offsets for x in pair], "type_ids": e.type_ids,
        "special": e.special_tokens_mask, "mask": e.attention_mask, "words": [-1 if w is None else w for w in e.word_ids],
        "sequences": [-1 if s is None else s for s in e.sequence_ids],
    }


def full(e):
    return {**plain(e), "overflow": [plain(o) for o in e.overflowing]}


def answer(case):
    try:
        tokenizer.no_truncation()
        if case.get("truncation"):
            max_length, stride, strategy, direction = case["truncation"]
            tokenizer.enable_truncation(max_length, stride=stride, strategy=strategy, direction=direction)
        tokenizer.no_padding()
        if case.get("padding"):
            direction, multiple, length = case["padding"]
            tokenizer.enable_padding(direction=direction, pad_to_multiple_of=multiple or None, length=length)
        if case.get("batch"):
            texts = case["batch"]
            inputs = list(zip(texts, case["pairs"])) if case.get("pairs") else texts
            encodings = tokenizer.encode_batch(inputs, is_pretokenized=isinstance(texts[0], list), add_special_tokens=case["special"])
            return {"encodings": [full(e) for e in encodings]}
        words = isinstance(case["text"], list)
        encoding = tokenizer.encode(case["text"], case.get("pair"), is_pretokenized=words, add_special_tokens=case["special"])
        return full(encoding)
    except BaseException as error:  # a panic of the library is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return {"error": f"{type(error).__name__}: {error}"}


def decode(ids):
    try:
        return [tokenizer.decode(ids, skip_special_tokens=True), tokenizer.decode(ids, skip_special_tokens=False)]
    except BaseException:  # the reference crashed: it has no answer
        return [None, None]


for line in sys.stdin:
    command = json.loads(line)
    try:
        if "load" in command:
            result = load(command["load"])
        elif "cases" in command:
            result = {"answers": [answer(case) for case in command["cases"]]}
        else:
            result = {"texts": [decode(ids) for ids in command["decode"]]}
    except BaseException as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
