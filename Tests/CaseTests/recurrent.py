"""LSTM, GRU and RNN: directions, lengths, states, peepholes, clip, activations, layouts and outputs left out."""
import itertools

import numpy as np

from caseset import Family

F = Family(__file__, 24)
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
S, B, I, H = 5, 3, 4, 6


def case(name, op, direction="forward", bias=True, lengths=None, state=False, peephole=False, outputs=None, seq=S,
         batch=B,
         size=I, hidden=H, fed=False, opset=14, scale=0.4, **attributes):
    layout = attributes.get("layout", 0)
    d = 2 if direction == "bidirectional" else 1
    x = F.noise(seq, batch, size)
    weights = [F.noise(d, GATES[op] * hidden, size, scale=scale), F.noise(d, GATES[op] * hidden, hidden, scale=scale),
               F.noise(d, 2 * GATES[op] * hidden, scale=scale) if bias else None]
    inputs = [x, *weights, None if lengths is None else np.array(lengths, np.int32)]
    inputs += [F.noise(d, batch, hidden) if state else None]
    if op == "LSTM":
        inputs += [F.noise(d, batch, hidden) if state else None, F.noise(d, 3 * hidden, scale=scale) if peephole
                   else None]
    count = 3 if op == "LSTM" else 2
    if layout:
        # onnxruntime refuses this layout: its answer for the other one is turned round.
        plain = Family("plain")
        other = {k: v for k, v in attributes.items() if k != "layout"}
        plain.one("a", op, inputs, count, opset=opset, hidden_size=hidden, direction=direction, **other)
        y, *states = plain.cases["a"][2]
        expected = [y.transpose(2, 0, 1, 3), *(state.transpose(1, 0, 2) for state in states)]
        inputs[0] = x.transpose(1, 0, 2).copy()
        inputs[5:7] = [None if v is None else v.transpose(1, 0, 2).copy() for v in inputs[5:7]]
    while inputs[-1] is None:
        inputs.pop()
    F.one(f"{op.lower()}_{name}", op, inputs, outputs or count, constant="" if fed else ".ccc...c", opset=opset,
          expected=expected if layout else None, hidden_size=hidden, direction=direction, **attributes)


for op in GATES:
    extra = [{}] if op != "GRU" else [{}, {"linear_before_reset": 1}]
    for direction, more in itertools.product(("forward", "reverse", "bidirectional"), extra):
        d = 2 if direction == "bidirectional" else 1
        tag = direction + "_linear" * len(more)
        case(tag, op, direction, **more)
        case(f"{tag}_fed", op, direction, fed=True, **more)
        case(f"{tag}_no_bias", op, direction, bias=False, **more)
        case(f"{tag}_state", op, direction, state=True, **more)
        case(f"{tag}_lengths", op, direction, lengths=[5, 1, 3], **more)
        case(f"{tag}_lengths_state", op, direction, lengths=[2, 5, 4], state=True, **more)
        case(f"{tag}_clip", op, direction, clip=0.6, scale=1.0, **more)
        case(f"{tag}_layout", op, direction, layout=1, state=True, **more)
        case(f"{tag}_layout_lengths", op, direction, layout=1, lengths=[4, 2, 5], **more)
        for k in range(3 if op == "LSTM" else 2):
            only = [i == k for i in range(k + 1)]
            case(f"{tag}_only{k}", op, direction, outputs=only, lengths=[3, 5, 1] if k else None, **more)
        for activations in ({"LSTM": ["Sigmoid", "Relu", "Tanh"], "GRU": ["HardSigmoid", "Tanh"], "RNN": ["Relu"]},
                            {"LSTM": ["HardSigmoid", "Softsign", "Softplus"], "GRU": ["Sigmoid", "LeakyRelu"],
                             "RNN": ["Affine"]},
                            {"LSTM": ["Sigmoid", "ThresholdedRelu", "Elu"], "GRU": ["Sigmoid", "ScaledTanh"],
                             "RNN": ["Elu"]}):
            names = activations[op] * d
            given = {"activations": names}
            if {"HardSigmoid", "LeakyRelu", "Affine", "ThresholdedRelu", "Elu", "ScaledTanh"} & set(names):
                alphas = {"HardSigmoid": 0.3, "LeakyRelu": 0.2, "Affine": 0.7, "ThresholdedRelu": 0.1, "Elu": 0.5,
                          "ScaledTanh": 1.5}
                betas = {"HardSigmoid": 0.4, "Affine": 0.1, "ScaledTanh": 0.5}
                given["activation_alpha"] = [alphas[n] for n in names if n in alphas]
                if any(n in betas for n in names):
                    given["activation_beta"] = [betas[n] for n in names if n in betas]
            case(f"{tag}_{'_'.join(activations[op])}", op, direction, **given, **more)
    case("one_step", op, seq=1)
    case("one_batch", op, batch=1, state=True)
    case("one_hidden", op, hidden=1, size=1)
    case("wide", op, hidden=19, size=17, batch=2)
    case("long", op, seq=30, batch=1, hidden=8)
    case("opset7", op, opset=7)
    case("opset22", op, opset=22, state=True)
    case("lengths_zero", op, lengths=[0, 3, 5])
    case("lengths_zero_both", op, "bidirectional", lengths=[0, 3, 5], state=True)
for direction in ("forward", "reverse", "bidirectional"):
    case(f"{direction}_peephole", "LSTM", direction, peephole=True)
    case(f"{direction}_peephole_state", "LSTM", direction, peephole=True, state=True, lengths=[5, 2, 4])
    case(f"{direction}_peephole_clip", "LSTM", direction, peephole=True, clip=0.5, scale=1.0)
    case(f"{direction}_forget", "LSTM", direction, input_forget=1)
    case(f"{direction}_forget_peephole", "LSTM", direction, input_forget=1, peephole=True)
    case(f"{direction}_outputs12", "LSTM", direction, outputs=[False, True, True])
    case(f"{direction}_outputs02", "LSTM", direction, outputs=[True, False, True])

if __name__ == "__main__":
    F.write()
