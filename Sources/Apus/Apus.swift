// `import Apus` is all that a user of the package writes.
@_exported import GraphIR
@_exported import Inference
@_exported import Kernels
@_exported import ONNXFormat
@_exported import Passes
@_exported import Tensors
