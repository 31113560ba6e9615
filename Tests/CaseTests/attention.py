"""Attention of both domains, MultiHeadAttention, GroupQueryAttention and RotaryEmbedding, with their options."""
import itertools

import numpy as np

from casemath import by_onnx
from caseset import Family

F = Family(__file__, 71)
MS = {"domain": "com.microsoft"}
B, S, H, D = 2, 5, 4, 16


def mask(*shape):
    """True where it may be looked at; never a row of nothing."""
    value = F.random.random(shape) > 0.3
    value[..., 0] = True
    return value


# Attention of ONNX, in 3 and 4 dims.
for opset in (23, 24):
    for form in ("4d", "3d", "grouped", "causal", "scale", "softcap", "bool_mask", "float_mask", "mask_3d",
                 "mask_causal", "past", "past_causal",
                 "wide_v", "cross", "one_query", "qk0", "qk1", "qk2", "qk3"):
        kv = 2 if form in ("grouped", "past") else H
        sizes = {"cross": (7, 3), "causal": (7, 3), "past_causal": (7, 3), "one_query": (S, 1)}
        keys, queries = sizes.get(form, (S, S))
        dv = D + 8 if form == "wide_v" else D
        q, k, v = F.noise(B, H, queries, D), F.noise(B, kv, keys, D), F.noise(B, kv, keys, dv)
        more, inputs, outputs = {}, [q, k, v], 1
        if form in ("3d", "grouped"):
            inputs = [x.transpose(0, 2, 1, 3).reshape(B, x.shape[2], -1).copy() for x in inputs]
            more = {"q_num_heads": H, "kv_num_heads": kv}
        more |= {"causal": {"is_causal": 1}, "past_causal": {"is_causal": 1}, "mask_causal": {"is_causal": 1},
                 "scale": {"scale": 0.11},
                 "softcap": {"softcap": 2.0}, "qk1": {"qk_matmul_output_mode": 1}, "qk2": {"qk_matmul_output_mode": 2},
                 "qk3": {"qk_matmul_output_mode": 3, "softcap": 1.5}}.get(form, {})
        if form in ("bool_mask", "mask_causal"):
            inputs.append(mask(queries, keys))
        if form in ("float_mask", "qk1"):
            inputs.append(F.noise(B, H, queries, keys))
        if form == "mask_3d":
            inputs.append(F.noise(1, queries, keys))
        if form.startswith("past"):
            inputs += [None, F.noise(B, kv, 3, D), F.noise(B, kv, 3, D)]
            outputs = 3
        if form.startswith("qk"):
            outputs = [True, False, False, True]
        F.one(f"onnx{opset}_{form}", "Attention", inputs, outputs, opset=opset, oracle=by_onnx, **more)

for form, heads, size, part in (("4d", 0, D, 0), ("3d", H, D, 0), ("partial", H, D, 8), ("interleaved", H, D, 0)):
    for positions in ("each", "offset"):
        rotary = part or size
        cos, sin = F.noise(12, rotary // 2), F.noise(12, rotary // 2)
        x = F.noise(B, H, S, size) if not heads else F.noise(B, S, H * size)
        at = np.array([3], np.int64) if positions == "offset" else F.integers(np.int64, B, S, low=0, high=11)
        more = {"interleaved": 1} if form == "interleaved" else {}
        if heads and part:
            more |= {"num_heads": heads, "rotary_embedding_dim": part}
        elif heads:
            more |= {"num_heads": heads}
        F.one(f"rotary_{form}_{positions}", "RotaryEmbedding", [x, at, cos, sin], constant="..cc", **MS, **more)
        if positions == "each":
            onnx = {key: value for key, value in more.items()}
            F.one(f"rotary23_{form}", "RotaryEmbedding", [x, cos, sin, at], constant=".cc.", opset=23, oracle=by_onnx,
                  **onnx)
    half = [value.astype(np.float16) for value in (F.noise(B, S, H * D), F.noise(12, D // 2), F.noise(12, D // 2))]
    if form == "3d":
        F.one("rotary_half", "RotaryEmbedding", [half[0], np.array([1], np.int64), half[1], half[2]], **MS)

# MultiHeadAttention.
for form in ("plain", "bias", "scale", "cross", "unidirectional", "lengths", "mask2d", "mask3d", "attention_bias",
             "attention_bias_shared",
             "attention_bias_head", "past", "past_bias", "wide_v", "keys_4d", "one_query", "one_head", "filter", "all"):
    heads = 1 if form == "one_head" else H
    keys, queries = (7, 3) if form in ("cross", "keys_4d") else (S, 1) if form == "one_query" else (S, S)
    dv = D + 8 if form == "wide_v" else D
    q, k, v = F.noise(B, queries, heads * D), F.noise(B, keys, heads * D), F.noise(B, keys, heads * dv)
    bias = padding = extra = past_k = past_v = None
    total = keys
    outputs = 1
    if form == "keys_4d":
        k, v = F.noise(B, heads, keys, D), F.noise(B, heads, keys, D)
    if form in ("bias", "all", "past_bias"):
        bias = F.noise(heads * (2 * D + dv))
    if form.startswith("past"):
        past_k, past_v, outputs, total = F.noise(B, heads, 4, D), F.noise(B, heads, 4, D), 3, keys + 4
    if form in ("lengths", "filter"):
        padding = np.array([keys, 3], np.int32)
    if form == "mask2d" or form == "all":
        padding = mask(B, total).astype(np.int32)
    if form == "mask3d":
        padding = mask(B, queries, total).astype(np.int32)
    if form.startswith("attention_bias") or form == "all":
        extra = F.noise(1 if form.endswith("shared") else B, 1 if form.endswith("head") else heads, queries, total)
    more = {"scale": {"scale": 0.2}, "unidirectional": {"unidirectional": 1}, "all": {"unidirectional": 1},
            "filter": {"mask_filter_value": -5.0}}.get(form, {})
    inputs = [q, k, v, bias, padding, extra, past_k, past_v]
    while inputs[-1] is None:
        inputs.pop()
    F.one(f"multihead_{form}", "MultiHeadAttention", inputs, outputs, num_heads=heads, **MS, **more)

# Attention of com.microsoft: projections inside.
for form in ("plain", "no_bias", "lengths", "ends", "mask2d", "mask3d", "unidirectional", "past",
             "past_unidirectional", "sizes", "extra", "scale",
             "fed", "one_head"):
    heads = 1 if form == "one_head" else H
    width = heads * 8
    x = F.noise(B, S, 12)
    sizes = [width, width, heads * 12] if form == "sizes" else [width] * 3
    w, b = F.noise(12, sum(sizes), scale=0.3), F.noise(sum(sizes)) if form != "no_bias" else None
    index = {"lengths": np.array([S, 3], np.int32), "ends": np.array([S, 4, 0, 1], np.int32),
             "mask2d": mask(B, S).astype(np.int32),
             "mask3d": mask(B, S, S).astype(np.int32)}.get(form)
    past = F.noise(2, B, heads, 3, 8) if form.startswith("past") else None
    extra = F.noise(B, heads, S, S) if form == "extra" else None
    more = {"unidirectional": 1} if "unidirectional" in form else {"qkv_hidden_sizes": sizes} if form == "sizes" else {
        "scale": 0.3} if form == "scale" else {}
    inputs = [x, w, b, index, past, extra]
    while inputs[-1] is None:
        inputs.pop()
    expected = None
    if form == "no_bias":  # On which onnxruntime crashes: a bias of zeros says the same.
        other = Family("other")
        other.one("a", "Attention", [x, w, np.zeros(sum(sizes), np.float32)], num_heads=heads, **MS)
        expected = other.cases["a"][2]
    F.one(f"projected_{form}", "Attention", inputs, 2 if past is not None else 1, expected, "" if form == "fed"
          else ".cc",
          num_heads=heads, **MS, **more)

# GroupQueryAttention. Rows behind the end of a sequence are undefined: lengths that differ come with one query alone.
for kv, form in itertools.product((1, 2, 4), ("prompt", "decode", "decode_lengths", "chunk", "rotary", "rotary_decode",
                                              "interleaved", "packed",
                                              "packed_rotary", "softcap", "smooth", "sink", "window", "window_decode",
                                              "bias", "positions",
                                              "scale", "partial_rotary", "half")):
    if kv == 1 and form in ("packed", "sink", "bias", "positions", "half"):
        continue
    dtype = np.float16 if form == "half" else np.float32
    decode = "decode" in form or form == "chunk"
    queries = 1 if "decode" in form else 3 if form == "chunk" else S
    batch = 1 if form == "chunk" else B
    past = 6 if decode else 0
    total = past + queries
    rotary = any(word in form for word in ("rotary", "interleaved", "positions"))
    q, k, v = F.noise(batch, queries, H * D, dtype=dtype), F.noise(batch, queries, kv * D, dtype=dtype), F.noise(batch,
        queries, kv * D, dtype=dtype)
    if form.startswith("packed"):
        q, k, v = np.concatenate([q, k, v], -1), None, None
    pk, pv = F.noise(batch, kv, past, D, dtype=dtype), F.noise(batch, kv, past, D, dtype=dtype)
    lengths = np.full(batch, total - 1, np.int32)
    if form == "decode_lengths":
        lengths[1] = 3
    cos = sin = positions = extra = sink = None
    if rotary:
        part = D // 4 if form == "partial_rotary" else D // 2
        part = max(part, 8)
        cos, sin = F.noise(16, part), F.noise(16, part)
    if form == "positions":
        positions = np.arange(queries) + np.arange(batch).reshape(-1, 1) * 3
    if form == "bias":
        extra = F.noise(batch, H, queries, total)
    if form == "sink":
        sink = F.noise(H)
    more = {"softcap": {"softcap": 3.0}, "smooth": {"smooth_softmax": 1}, "window": {"local_window_size": 3},
            "window_decode": {"local_window_size": 4}, "scale": {"scale": 0.2},
            "interleaved": {"rotary_interleaved": 1}}.get(form, {})
    if rotary:
        more |= {"do_rotary": 1}
    inputs = [q, k, v, pk, pv, lengths, np.array(total, np.int32), cos, sin, positions, extra, sink]
    while inputs[-1] is None:
        inputs.pop()
    F.one(f"grouped_{form}_{kv}", "GroupQueryAttention", inputs, 3 if form != "decode_lengths" else [True, None, None],
          num_heads=H,
          kv_num_heads=kv, **MS, **more)

if __name__ == "__main__":
    F.write()
