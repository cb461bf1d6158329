#!/usr/bin/env python3
"""Trains the language model in this folder from nothing: tokenizer, weights, figures. One CPU thread in bf16.

    pip install torch==2.15.0 transformers==5.23.0 tokenizers==0.23.3 safetensors
    python models/tiny/train.py --text fairy-tales.txt --out models/tiny --minutes 90 --dropout 0.1   # the files here: see README.md
    python models/tiny/train.py --text fairy-tales.txt --measure                           # tokens/s of some shapes

The text is cut into stories at titles: short paragraphs in capitals or without a full stop. About one story in thirty,
chosen by the CRC-32 of its title, is never trained on (held-out.txt, written beside; a part of it is kept in
tests/fixtures/tiny-lm); stories that share many eight-word runs with others (the same tale in two books) are
never chosen. A training window is [BOS] and 511 tokens of the stories in random order, each `BOS title, text EOS`.
The learning rate follows the clock (warm-up, then half a cosine to the end of --minutes), so two runs with one seed
see the same batches but are equal bit for bit only at the same speed. The weights kept are the best on the held-out part.
"""
import argparse
import csv
import json
import math
import pathlib
import re
import time
import zlib

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

PAD, BOS, EOS = 0, 1, 2
CONTEXT = 512


def stories(text):
    """The text in (title, body) pairs: a short paragraph in capitals, or without an end, begins one once there is a body."""
    found = [["", []]]
    for paragraph in (re.sub(r" ?[\[(]\d+[\])]", "", p.strip()) for p in text.split("\n\n")):  # without marks of footnotes
        letters = [c for c in paragraph if c.isalpha()]
        capitals = len(letters) >= 4 and sum(c.isupper() for c in letters) > 0.9 * len(letters)
        title = capitals or len(letters) >= 4 and len(paragraph) < 60 and paragraph[0].isupper() and paragraph[-1].isalpha()
        if capitals and len(paragraph) > 120:
            continue  # a table of contents
        if title and len(" ".join(found[-1][1])) > 1500:
            found.append([paragraph, []])
        elif title and not found[-1][1]:
            found[-1][0] += (" - " if found[-1][0] else "") + paragraph  # a title of two lines
        elif paragraph:
            found[-1][1].append(paragraph)
    return [(title, "\n\n".join(body)) for title, body in found if len("".join(body)) > 400]


def split(all_stories):
    """Training and held-out stories."""
    runs = lambda body: {tuple(w[i:i + 8]) for w in [body.lower().split()] for i in range(len(w) - 7)}
    seen = {}
    each = [runs(body) for _, body in all_stories]
    for r in each:
        for run in r:
            seen[run] = seen.get(run, 0) + 1
    kept, held = [], []
    for (title, body), r in zip(all_stories, each):
        shared = sum(seen[run] > 1 for run in r) / max(len(r), 1)
        chosen = zlib.crc32(title.encode()) % 30 == 0 and 3000 < len(body) < 40000 and shared < 0.02
        (held if chosen else kept).append((title, body))
    return kept, held


def make_tokenizer(texts, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<pad>", "<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", BOS)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>",
                                   padding_side="left", model_max_length=CONTEXT, clean_up_tokenization_spaces=False,
                                   model_input_names=["input_ids", "attention_mask"])


def as_text(story):
    return story[0] + "\n\n" + story[1] if story[0] else story[1]


def ids_of(tokenizer, story):
    return tokenizer(as_text(story))["input_ids"] + [EOS]


def windows_of(ids):
    """Windows of BOS and 511 tokens; what is left over at the end is dropped."""
    n = len(ids) // (CONTEXT - 1)
    cut = torch.tensor(ids[:n * (CONTEXT - 1)]).view(n, CONTEXT - 1)
    return torch.cat([torch.full((n, 1), BOS), cut], 1)


def config_of(args, vocabulary):
    return LlamaConfig(vocab_size=vocabulary, hidden_size=args.hidden, intermediate_size=args.intermediate,
                       num_hidden_layers=args.layers, num_attention_heads=args.heads, num_key_value_heads=args.kv_heads,
                       head_dim=args.hidden // args.heads, max_position_embeddings=CONTEXT, tie_word_embeddings=True,
                       rms_norm_eps=1e-5, pad_token_id=PAD, bos_token_id=BOS, eos_token_id=EOS, initializer_range=0.02,
                       rope_parameters={"rope_type": "default", "rope_theta": 10000.0})


def build(args, vocabulary):
    torch.manual_seed(args.seed)
    model = LlamaForCausalLM(config_of(args, vocabulary))
    with torch.no_grad():  # GPT-2's: what is added to the residual starts smaller
        for layer in model.model.layers:
            for linear in (layer.self_attn.o_proj, layer.mlp.down_proj):
                linear.weight /= math.sqrt(2 * args.layers)
    if args.dropout:
        drop = lambda module, inputs, output: torch.nn.functional.dropout(output, args.dropout, module.training)
        model.model.embed_tokens.register_forward_hook(drop)
        for layer in model.model.layers:
            layer.self_attn.o_proj.register_forward_hook(drop)
            layer.mlp.down_proj.register_forward_hook(drop)
    return model


def loss_of(model, batch):
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(input_ids=batch, use_cache=False).logits
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1).float(), batch[:, 1:].flatten())


def held_out_loss(model, windows):
    model.eval()
    with torch.no_grad():
        losses = [loss_of(model, part).item() * len(part) for part in windows.split(8)]
    model.train()
    return sum(losses) / len(windows)


class Optimizers:
    """Muon (Jordan et al., 2024; the step's size as AdamW's, Liu et al., 2025) for the layers' matrices, AdamW for the
    table and the norms: at few tokens it gets further than AdamW alone."""

    def __init__(self, model, args):
        table = [model.model.embed_tokens.weight]
        matrices = [p for p in model.parameters() if p.dim() == 2 and p is not table[0]]
        norms = [p for p in model.parameters() if p.dim() == 1]
        self.each = [torch.optim.Muon(matrices, lr=args.rate, weight_decay=args.decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
                     torch.optim.AdamW([{"params": table, "weight_decay": args.decay}, {"params": norms, "weight_decay": 0.0}],
                                       lr=args.rate, betas=(0.9, 0.95), fused=True)]

    def step(self, rate):
        for optimizer in self.each:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state(self):
        return [optimizer.state_dict() for optimizer in self.each]

    def load(self, states):
        for optimizer, state in zip(self.each, states):
            optimizer.load_state_dict(state)


def measure(args, vocabulary=4096):
    for args.hidden, args.intermediate, args.layers, args.heads, args.kv_heads in [
            (256, 704, 4, 4, 2), (256, 704, 6, 4, 2), (256, 704, 6, 8, 4), (320, 864, 4, 5, 5), (384, 1024, 4, 6, 3)]:
        for attention in ("eager", "sdpa"):
            model = build(args, vocabulary).train()
            model.set_attn_implementation(attention)
            optimizer = Optimizers(model, args)
            batch = torch.randint(3, vocabulary, (args.batch, CONTEXT))
            best = math.inf
            for _ in range(4):
                start = time.process_time()
                loss_of(model, batch).backward()
                optimizer.step(0.0)
                best = min(best, time.process_time() - start)
            print(f"{args.hidden}/{args.intermediate} x {args.layers}, {args.heads} heads: {model.num_parameters() / 1e6:.2f} M parameters, "
                  f"{attention} {batch.numel() / best:.0f} tokens/s of CPU time", flush=True)


def train(args):
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    kept, held = split(stories(pathlib.Path(args.text).read_text()))
    tokenizer = make_tokenizer([as_text(s) for s in kept], args.vocabulary)
    tokenizer.save_pretrained(out)
    settings = json.loads((out / "tokenizer_config.json").read_text())
    settings.pop("backend", None)  # transformers 4 and Transformers.js know this name, transformers 5 does as well
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    (out / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    (out / "held-out.txt").write_text("\n\n\n".join(as_text(s) for s in held) + "\n")
    documents = [ids_of(tokenizer, s) for s in kept]
    evaluation = windows_of([i for s in held for i in ids_of(tokenizer, s)])
    tokens = sum(map(len, documents))
    model = build(args, args.vocabulary).train()
    model.set_attn_implementation("eager")  # a little faster than "sdpa" here, whose backward pass is slow in bf16
    optimizer = Optimizers(model, args)
    print(f"{len(kept)} stories, {tokens} tokens; held out {len(held)} stories, {evaluation.numel()} tokens in windows; "
          f"{model.num_parameters()} parameters", flush=True)

    compiled_loss = torch.compile(lambda batch: loss_of(model, batch))  # twice as fast as step by step
    shuffle = torch.Generator().manual_seed(args.seed)

    def batches():
        while True:
            order = torch.randperm(len(documents), generator=shuffle).tolist()
            offset = int(torch.randint(CONTEXT - 1, (1,), generator=shuffle))
            windows = windows_of([i for d in order for i in documents[d]][offset:])
            windows = windows[torch.randperm(len(windows), generator=shuffle)]
            yield from (w for w in windows.split(args.batch) if len(w) == args.batch)

    log, best, started, seconds = [], math.inf, time.time(), args.minutes * 60
    first, next_evaluation, smooth = 1, args.evaluate, None
    if args.resume:
        state = torch.load(out / "state.pt")
        model.load_state_dict(state["model"])
        optimizer.load(state["optimizers"])
        shuffle.set_state(state["shuffle"])
        log, best, first, smooth = state["log"], state["best"], state["step"] + 1, state["smooth"]
        started -= state["seconds"]
        next_evaluation = state["seconds"] + args.evaluate
    for step, batch in enumerate(batches(), first):
        done = min((time.time() - started) / seconds, 1.0)
        rate = args.rate * min(1.0, done / args.warm_up) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        loss = compiled_loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step(rate)
        smooth = loss.item() if smooth is None else 0.95 * smooth + 0.05 * loss.item()
        if step % 20 == 0 and step < 200:
            print(f"step {step} {time.time() - started:.0f} s loss {smooth:.3f}", flush=True)
        if time.time() - started >= next_evaluation or done >= 1.0:
            held_loss = held_out_loss(model, evaluation)
            seen = step * args.batch * (CONTEXT - 1)
            log.append(dict(step=step, seconds=round(time.time() - started), tokens=seen, epochs=round(seen / tokens, 3),
                            rate=f"{rate:.2e}", train_loss=round(smooth, 4), held_out_loss=round(held_loss, 4)))
            print(log[-1], flush=True)
            if held_loss < best:
                best = held_loss
                save(model, out)
            with open(out / "loss.csv", "w", newline="") as file:
                writer = csv.DictWriter(file, log[0])
                writer.writeheader()
                writer.writerows(log)
            state = dict(model=model.state_dict(), optimizers=optimizer.state(), shuffle=shuffle.get_state(), log=log, best=best, step=step,
                         smooth=smooth, seconds=time.time() - started)
            torch.save(state, out / "state.next")
            (out / "state.next").replace(out / "state.pt")
            next_evaluation = time.time() - started + args.evaluate
        if done >= 1.0:
            break
    (out / "state.pt").unlink()
    (out / "training.json").write_text(json.dumps(dict(arguments={k: v for k, v in vars(args).items() if k not in ("text", "out", "measure", "resume")},
        stories=len(kept), tokens=tokens, held_out_stories=[t for t, _ in held], held_out_tokens=evaluation.numel(),
        parameters=model.num_parameters(), steps=step, seconds=round(time.time() - started), best_held_out_loss=round(best, 4)), indent=1) + "\n")


def save(model, out):
    """As a Hub repository, in bf16. Written beside and moved, so that a kill leaves the last one whole."""
    beside = out / "next"
    copy = LlamaForCausalLM(model.config)
    copy.load_state_dict(model.state_dict())
    copy.generation_config.update(max_length=CONTEXT, do_sample=True, temperature=0.7, top_k=40, pad_token_id=PAD, bos_token_id=BOS, eos_token_id=EOS)
    copy.to(torch.bfloat16).save_pretrained(beside)
    for file in beside.iterdir():
        file.replace(out / file.name)
    beside.rmdir()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--text")
    parser.add_argument("--out")
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--resume", action="store_true", help="go on from state.pt in --out, with a new order of the stories")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--evaluate", type=float, default=180, help="seconds between evaluations")
    parser.add_argument("--vocabulary", type=int, default=4096)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--intermediate", type=int, default=704)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--kv-heads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8, help="windows of 512 tokens")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--warm-up", type=float, default=0.03, help="part of the time")
    parser.add_argument("--decay", type=float, default=0.1)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    measure(arguments) if arguments.measure else train(arguments)
