import GraphIR
import Kernels
import Tensors

/// The sum of two tensors of bytes: of equal shapes in one loop, of others as `QuantizedOperator` computes them all.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.QLinearAdd>
struct QLinearAdd: FamilyKernel {
  private let general: QuantizedOperator

  init(_ site: Site) throws(RuntimeError) {
    general = try QuantizedOperator(site, BinaryElementwise(site, .add), operands: [0, 3], output: 6)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] { try general.infer(inputs) }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    inputs[0].shape == inputs[3].shape ? 0 : general.scratchByteCount(inputs, threads: threads)
  }

  func run(_ call: Call) throws(RuntimeError) {
    let output = call.outputs[0]
    guard call.inputs[0].shape == call.inputs[3].shape else { return try general.run(call) }
    let isSigned = output.type == .int8
    let zero = { (i: Int) in call.inputs[optional: i]?.byte(0) ?? 0 }
    let operand = { (i: Int) in
      QuantizedBytes(
        call.inputs[i].bytes, isSigned: isSigned, scale: call.inputs[i + 1].floats[0], zeroPoint: zero(i + 2))
    }
    addBytes(
      call.platform, operand(0), operand(3), count: output.count, into: output.bytes, scale: call.inputs[6].floats[0],
      Requantizer(zeroPoint: zero(7), isSigned: isSigned))
  }
}
