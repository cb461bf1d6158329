"""The peers' files of a Llama checkpoint (bf16 safetensors): ONNX with a K/V cache as Transformers.js reads it, GGUF as llama.cpp does.
The ONNX graph has the operators and names of the exports in onnx-community's repositories (ONNX Runtime GenAI's builder: GroupQueryAttention
with rotary positions inside, SkipSimplifiedLayerNormalization), is made in fp32 and then quantized by ONNX Runtime's own tools with the
settings of Transformers.js' scripts/quantize.py: q8 dynamic int8 per channel with reduced range, q4 MatMulNBits in blocks of 32, symmetric.
Q and K rows of the GGUF are permuted for its interleaved rotary positions (convert_hf_to_gguf.py), blocks are gguf-py's.
usage: peers.py MODEL_FOLDER onnx|gguf|reference OUT      (pip install numpy ml_dtypes onnx onnxruntime gguf)"""
import json, logging, os, sys
import numpy as np, ml_dtypes

logging.disable(logging.WARNING)
SRC, WHAT, OUT = sys.argv[1:4]
CONFIG = json.load(open(os.path.join(SRC, "config.json")))
D, F, V, LAYERS = (CONFIG[k] for k in ("hidden_size", "intermediate_size", "vocab_size", "num_hidden_layers"))
HEADS, KV, EPS, THETA = (CONFIG[k] for k in ("num_attention_heads", "num_key_value_heads", "rms_norm_eps", "rope_theta"))
HD, CONTEXT = D // HEADS, CONFIG["max_position_embeddings"]


def weights():
    raw = np.memmap(os.path.join(SRC, "model.safetensors"), np.uint8, "r")
    n = int(raw[:8].view("<u8")[0])
    header = json.loads(raw[8:8 + n].tobytes())
    return {name: raw[8 + n + t["data_offsets"][0]:8 + n + t["data_offsets"][1]].view(ml_dtypes.bfloat16).reshape(t["shape"]).astype(np.float32)
            for name, t in header.items() if name != "__metadata__"}


def angles(positions):
    return np.outer(positions, THETA ** (-np.arange(0, HD, 2) / HD)).astype(np.float32)


def forward(w, ids):
    """Plain numpy, fp32: logits of the last token. The oracle that says whether a peer's file is this model."""
    norm = lambda x, g: x / np.sqrt((x * x).mean(-1, keepdims=True) + EPS) * g
    t = len(ids)
    a = angles(np.arange(t))[:, None, :]
    def rotate(x):
        lo, hi = x[..., :HD // 2], x[..., HD // 2:]
        return np.concatenate([lo * np.cos(a) - hi * np.sin(a), hi * np.cos(a) + lo * np.sin(a)], -1)
    mask = np.triu(np.full((t, t), -np.inf, np.float32), 1)
    x = w["model.embed_tokens.weight"][ids]
    for i in range(LAYERS):
        p = lambda name: w[f"model.layers.{i}.{name}.weight"]
        h = norm(x, p("input_layernorm"))
        q = rotate((h @ p("self_attn.q_proj").T).reshape(t, HEADS, HD))
        k = rotate((h @ p("self_attn.k_proj").T).reshape(t, KV, HD))
        v = (h @ p("self_attn.v_proj").T).reshape(t, KV, HD)
        k, v = np.repeat(k, HEADS // KV, 1), np.repeat(v, HEADS // KV, 1)
        s = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(HD) + mask
        s = np.exp(s - s.max(-1, keepdims=True))
        x = x + np.einsum("hqk,khd->qhd", s / s.sum(-1, keepdims=True), v).reshape(t, D) @ p("self_attn.o_proj").T
        h = norm(x, p("post_attention_layernorm"))
        g = h @ p("mlp.gate_proj").T
        x = x + (g / (1 + np.exp(-g)) * (h @ p("mlp.up_proj").T)) @ p("mlp.down_proj").T
    return w["model.embed_tokens.weight"] @ norm(x, w["model.norm.weight"])[-1]


def graph(w):
    from onnx import TensorProto as T, helper, numpy_helper
    nodes, tensors = [], []
    def const(name, value):
        tensors.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name
    def op(kind, inputs, outputs, domain="", **attributes):
        outputs = [outputs] if isinstance(outputs, str) else outputs
        nodes.append(helper.make_node(kind, inputs, outputs, name=outputs[0], domain=domain, **attributes))
        return outputs[0]
    ms = "com.microsoft"
    linear = lambda x, name, out: op("MatMul", [x, const(name + ".MatMul.weight", w[name + ".weight"].T)], out)
    a = angles(np.arange(CONTEXT))
    cos, sin = const("cos_cache", np.cos(a)), const("sin_cache", np.sin(a))
    one = const("one", np.array([1], np.int64))
    total = op("Cast", [op("Gather", [op("Shape", ["attention_mask"], "mask.shape"), const("one.scalar", np.array(1, np.int64))], "mask.length")], "total_sequence_length", to=T.INT32)
    last = op("Cast", [op("Sub", [op("ReduceSum", ["attention_mask", one], "mask.sum", keepdims=0), one], "mask.sum.less")], "seqlens_k", to=T.INT32)
    x = op("Gather", [const("model.embed_tokens.weight", w["model.embed_tokens.weight"]), "input_ids"], "embeds")
    h = op("SimplifiedLayerNormalization", [x, const("norm.0", w["model.layers.0.input_layernorm.weight"])], "hidden.0", axis=-1, epsilon=EPS, stash_type=1)
    for i in range(LAYERS):
        p, n = f"model.layers.{i}.", f"layer.{i}."
        qkv = [linear(h, p + f"self_attn.{c}_proj", n + c) for c in "qkv"]
        att = op("GroupQueryAttention", [*qkv, f"past_key_values.{i}.key", f"past_key_values.{i}.value", last, total, cos, sin],
                 [n + "attention", f"present.{i}.key", f"present.{i}.value"], ms, num_heads=HEADS, kv_num_heads=KV, do_rotary=1, rotary_interleaved=0, scale=float(HD ** -0.5))
        o = linear(att, p + "self_attn.o_proj", n + "o")
        skip = n + "residual.attention"
        h = op("SkipSimplifiedLayerNormalization", [x, o, const(n + "norm.mlp", w[p + "post_attention_layernorm.weight"])], [n + "hidden.mlp", "", "", skip], ms, epsilon=EPS)
        g = linear(h, p + "mlp.gate_proj", n + "gate")
        g = op("Mul", [g, op("Sigmoid", [g], n + "sigmoid")], n + "silu")
        down = linear(op("Mul", [g, linear(h, p + "mlp.up_proj", n + "up")], n + "product"), p + "mlp.down_proj", n + "down")
        x = n + "residual.mlp"
        gain = w[f"model.layers.{i + 1}.input_layernorm.weight"] if i + 1 < LAYERS else w["model.norm.weight"]
        outputs = [n + "hidden.next", "", "", x] if i + 1 < LAYERS else [n + "hidden.next"]
        h = op("SkipSimplifiedLayerNormalization", [skip, down, const(n + "norm.next", gain)], outputs, ms, epsilon=EPS)
    # Logits of the last num_logits_to_keep tokens, as newer exports have it: a prefill need not compute the others.
    start = op("Neg", [op("Reshape", ["num_logits_to_keep", one], "keep")], "keep.from")
    h = op("Slice", [h, start, const("end", np.array([2**62], np.int64)), one], "hidden.kept")
    op("MatMul", [h, const("lm_head.MatMul.weight", w["model.embed_tokens.weight"].T)], "logits")
    info = helper.make_tensor_value_info
    past = lambda name, length: [info(f"{name}.{i}.{kv}", T.FLOAT, ["batch_size", KV, length, HD]) for i in range(LAYERS) for kv in ("key", "value")]
    model = helper.make_model(helper.make_graph(
        nodes, "main",
        [info("input_ids", T.INT64, ["batch_size", "sequence_length"]), info("attention_mask", T.INT64, ["batch_size", "total_sequence_length"]),
         info("num_logits_to_keep", T.INT64, []), *past("past_key_values", "past_sequence_length")],
        [info("logits", T.FLOAT, ["batch_size", "kept", V]), *past("present", "total_sequence_length")], tensors),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(ms, 1)], ir_version=8)
    return model


def write_onnx(w, out):
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
    fp32 = os.path.join(out, "fp32.onnx")
    model = graph(w)
    onnx.save(model, fp32)
    quantize_dynamic(fp32, os.path.join(out, "model_quantized.onnx"), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True,
                     extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})  # types do not travel through contributed operators
    q4 = MatMulNBitsQuantizer(model, block_size=32, is_symmetric=True, accuracy_level=int(os.environ.get("Q4_ACCURACY", "4")))
    q4.process()
    onnx.save(q4.model.model, os.path.join(out, "model_q4.onnx"))
    os.remove(fp32)


def write_gguf(w, out):
    import gguf
    from gguf import GGMLQuantizationType as Q, quants
    tokenizer = json.load(open(os.path.join(SRC, "tokenizer.json")))
    vocab = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].get)
    special = {t["id"] for t in tokenizer["added_tokens"]}
    merges = [m if isinstance(m, str) else " ".join(m) for m in tokenizer["model"]["merges"]]
    names = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
             "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
    permute = lambda m, heads: m.reshape(heads, 2, HD // 2, D).swapaxes(1, 2).reshape(m.shape)
    for name, kind, file_type in (("q8_0", Q.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0), ("q4_0", Q.Q4_0, gguf.LlamaFileType.MOSTLY_Q4_0)):
        g = gguf.GGUFWriter(os.path.join(out, f"{name}.gguf"), "llama")
        g.add_name("SmolLM2-135M's shape, random weights")
        g.add_context_length(CONTEXT), g.add_embedding_length(D), g.add_block_count(LAYERS), g.add_feed_forward_length(F), g.add_vocab_size(V)
        g.add_head_count(HEADS), g.add_head_count_kv(KV), g.add_rope_dimension_count(HD), g.add_rope_freq_base(THETA), g.add_layer_norm_rms_eps(EPS)
        g.add_file_type(file_type), g.add_quantization_version(gguf.GGML_QUANT_VERSION)
        g.add_tokenizer_model("gpt2"), g.add_tokenizer_pre("gpt-2"), g.add_token_list(vocab), g.add_token_merges(merges)
        g.add_token_types([gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL for i in range(V)])
        g.add_bos_token_id(CONFIG["bos_token_id"]), g.add_eos_token_id(CONFIG["eos_token_id"]), g.add_add_bos_token(False)
        for key, value in w.items():
            part = key.removesuffix(".weight")
            if part.startswith("model.layers."):
                _, _, i, rest = part.split(".", 3)
                target = f"blk.{i}.{names[rest]}.weight"
                if rest == "self_attn.q_proj": value = permute(value, HEADS)
                if rest == "self_attn.k_proj": value = permute(value, KV)
            else:
                target = {"model.embed_tokens": "token_embd", "model.norm": "output_norm"}[part] + ".weight"
            if value.ndim == 1:
                g.add_tensor(target, value)
                continue
            # A tied table stays at 8 bits in llama-quantize's Q4_0 (Q6_K where rows are multiples of 256; these are not).
            here = Q.Q8_0 if target.startswith("token_embd") else kind
            g.add_tensor(target, quants.quantize(value, here), raw_dtype=here)
        g.write_header_to_file(), g.write_kv_data_to_file(), g.write_tensors_to_file(), g.close()


w = weights()
if WHAT == "onnx":
    write_onnx(w, OUT)
elif WHAT == "gguf":
    write_gguf(w, OUT)
else:
    ids = json.loads(sys.argv[4])
    forward(w, ids).astype("<f4").tofile(OUT)
