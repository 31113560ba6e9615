"""Prints, in base64, the model that Tests/ONNXFormatTests/Golden.swift holds: written by the onnx package (1.23.2).

Every storage form of a tensor, every kind of attribute and type, a function, subgraphs and external data, once each.
"""
import base64
import textwrap

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h


def typed(name, kind, dims, **fields):
    tensor = T(name=name, data_type=kind, dims=dims)
    for field, values in fields.items():
        getattr(tensor, field).extend(values)
    return tensor


def branch(name, value):
    constant = h.make_node("Constant", [], [name], value=h.make_tensor(name, T.FLOAT, [1], [value]))
    return h.make_graph([constant], name, [], [h.make_tensor_value_info(name, T.FLOAT, [1])])


external = T(name="outside", data_type=T.FLOAT, dims=[2], data_location=T.EXTERNAL)
for key, value in [("location", "weights.bin"), ("offset", "4096"), ("length", "8")]:
    external.external_data.add(key=key, value=value)

initializers = [
    h.make_tensor("raw", T.FLOAT, [2, 2], np.arange(4, dtype="<f4").tobytes(), raw=True),
    typed("float_data", T.FLOAT, [3], float_data=[1.5, -2, 0.25]),
    typed("double_data", T.DOUBLE, [2], double_data=[1e300, -0.5]),
    typed("int32_data", T.INT32, [3], int32_data=[-1, 2**31 - 1, -(2**31)]),
    typed("int8_data", T.INT8, [3], int32_data=[-128, 0, 127]),
    typed("uint16_data", T.UINT16, [2], int32_data=[65535, 1]),
    typed("half_data", T.FLOAT16, [2], int32_data=[0x3C00, 0xC000]),
    typed("bool_data", T.BOOL, [3], int32_data=[1, 0, 1]),
    typed("int4_data", T.INT4, [3], int32_data=[0x21, 0x0F]),
    typed("int64_data", T.INT64, [3], int64_data=[-(2**63), 0, 2**63 - 1]),
    typed("uint32_data", T.UINT32, [2], uint64_data=[2**32 - 1, 7]),
    typed("uint64_data", T.UINT64, [2], uint64_data=[2**64 - 1, 7]),
    typed("complex_data", T.COMPLEX64, [1], float_data=[1, -1]),
    typed("string_data", T.STRING, [3], string_data=[b"a", b"", "größe".encode()]),
    typed("scalar", T.FLOAT, [], float_data=[7]),
    typed("nothing", T.FLOAT, [0, 4]),
    external,
]
sparse = h.make_sparse_tensor(
    h.make_tensor("sparse", T.FLOAT, [2], [3, 4]), h.make_tensor("sparse_indices", T.INT64, [2], [1, 5]), [2, 3])
attributes = h.make_node("Everything", ["x", "", "raw"], ["y"], name="all", domain="test", overload="o")
attributes.attribute.extend([
    h.make_attribute("float", 0.5),
    h.make_attribute("int", -3),
    h.make_attribute("string", "text"),
    h.make_attribute("tensor", h.make_tensor("", T.INT64, [1], [9])),
    h.make_attribute("floats", [1.0, -1.0]),
    h.make_attribute("ints", [1, -1, 2**40]),
    h.make_attribute("strings", ["a", "b"]),
    h.make_attribute("type", h.make_tensor_type_proto(T.FLOAT, [1, None, "n"])),
    h.make_attribute("sparse", sparse),
    onnx.AttributeProto(name="empty", type=onnx.AttributeProto.INTS),
    onnx.AttributeProto(name="zero", type=onnx.AttributeProto.INT),
    onnx.AttributeProto(name="reference", type=onnx.AttributeProto.FLOAT, ref_attr_name="alpha"),
    onnx.AttributeProto(name="untyped", i=5),
])
choice = h.make_node("If", ["flag"], ["z"], then_branch=branch("t", 1), else_branch=branch("e", 2))
graph = h.make_graph(
    [attributes, choice], "golden",
    [h.make_tensor_value_info("x", T.FLOAT, ["batch", 3, None]), h.make_tensor_value_info("flag", T.BOOL, []),
     h.make_value_info("unranked", h.make_tensor_type_proto(T.FLOAT, None)),
     h.make_value_info("list", h.make_sequence_type_proto(h.make_tensor_type_proto(T.STRING, [2]))),
     h.make_value_info("maybe", h.make_optional_type_proto(h.make_tensor_type_proto(T.INT8, []))),
     h.make_value_info("table", h.make_map_type_proto(T.INT64, h.make_tensor_type_proto(T.FLOAT, [])))],
    [h.make_tensor_value_info("y", T.FLOAT, [1]), h.make_tensor_value_info("z", T.FLOAT, [1])],
    initializers, value_info=[h.make_tensor_value_info("between", T.FLOAT, [5])], sparse_initializer=[sparse])
function = h.make_function(
    "test", "Twice", ["a"], ["b"], [h.make_node("Add", ["a", "a"], ["b"])], [h.make_opsetid("", 18)],
    attributes=["must"], attribute_protos=[h.make_attribute("alpha", 0.25)], overload="second")
model = h.make_model(
    graph, producer_name="golden", producer_version="1", ir_version=10, functions=[function],
    opset_imports=[h.make_opsetid("", 21), h.make_opsetid("test", 2), h.make_opsetid("ai.onnx", 20)])
model.metadata_props.add(key="author", value="test")
print("\n".join(textwrap.wrap(base64.b64encode(model.SerializeToString(deterministic=True)).decode(), 112)))
