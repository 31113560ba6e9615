"""References written from the specification, for what onnxruntime has no kernel or another answer."""
import itertools

import numpy as np
from onnx.reference import ReferenceEvaluator


def by_onnx(model, feeds):
    """What the reference implementation of the onnx package says."""
    return ReferenceEvaluator(model).run(None, feeds)


def pads_of(auto_pad, sizes, kernel, strides, dilations):
    """The padding of `auto_pad`: begins, then ends."""
    begins, ends = [], []
    for size, k, stride, dilation in zip(sizes, kernel, strides, dilations):
        total = 0
        if auto_pad.startswith("SAME"):
            total = max((-(-size // stride) - 1) * stride + (k - 1) * dilation + 1 - size, 0)
        begins.append(total // 2 + (total % 2 if auto_pad == "SAME_LOWER" else 0))
        ends.append(total - begins[-1])
    return begins + ends


def convolve(x, w, pads=None, strides=None, dilations=None, group=1, auto_pad="NOTSET"):
    """x [N, C, spatial...] and w [M, C / group, kernel...], of int64 or float64; what pads is zero."""
    rank = x.ndim - 2
    strides, dilations = strides or [1] * rank, dilations or [1] * rank
    pads = pads if auto_pad == "NOTSET" and pads else pads_of(auto_pad, x.shape[2:], w.shape[2:], strides, dilations)
    x = np.pad(x, [(0, 0), (0, 0), *zip(pads[:rank], pads[rank:])])
    out = [(x.shape[2 + i] - (w.shape[2 + i] - 1) * dilations[i] - 1) // strides[i] + 1 for i in range(rank)]
    y = np.zeros((x.shape[0], w.shape[0], *out), x.dtype)
    inside, outside = x.shape[1] // group, w.shape[0] // group
    for g in range(group):
        taken, kernels = x[:, g * inside:(g + 1) * inside], w[g * outside:(g + 1) * outside]
        for at in itertools.product(*map(range, w.shape[2:])):
            window = tuple(slice(at[i] * dilations[i], at[i] * dilations[i] + (out[i] - 1) * strides[i] + 1, strides[i])
                           for i in range(rank))
            y[:, g * outside:(g + 1) * outside] += np.einsum(
                "nc...,mc->nm...", taken[(slice(None), slice(None), *window)], kernels[(slice(None), slice(None), *at)])
    return y


def saturate(x, dtype):
    """To the nearest integer, halves to even, and into the range of the type."""
    info = np.iinfo(dtype)
    return np.clip(np.rint(x), info.min, info.max).astype(dtype)


def along(value, axis, rank):
    """A vector as a tensor of `rank` dims that runs along `axis`; a scalar as it is."""
    value = np.asarray(value)
    return value if value.ndim == 0 or value.size == 1 else value.reshape([-1 if i == axis else 1 for i in range(rank)])
