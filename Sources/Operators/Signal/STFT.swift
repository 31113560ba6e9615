import GraphIR
import Kernels
import Tensors

/// Fourier transforms of frames of a signal, [batch, length, 1 or 2] to [batch, frames, bins, 2].
///
/// Inputs are the signal, the step from one frame to the next, a window and the length of a frame.
///
/// <https://onnx.ai/onnx/operators/onnx__STFT.html>
struct STFT: OperatorKernel {
  private let isOneSided: Bool

  init(_ site: Site) throws(RuntimeError) { isOneSided = try site.flag("onesided", default: true) }

  private func sizes(
    _ x: [Int], step: Int, window: Int?, length: Int?
  ) throws(RuntimeError) -> (frames: Int, length: Int, bins: Int) {
    let parts = x.count == 3 ? x[2] : 1
    guard x.count == 2 || x.count == 3, parts == 1 || parts == 2 && !isOneSided else {
      throw RuntimeError(
        .invalidArgument, "the signal must be [batch, length, 1], or complex if it is not onesided, got %v", shape: x
      )
    }
    let length = length ?? window ?? x[1]
    guard step > 0, length > 0, length <= x[1], window.map({ $0 == length }) ?? true else {
      throw RuntimeError(
        .invalidArgument, "steps of %d and frames of %d do not fit a signal of %d", step, length, x[1])
    }
    return ((x[1] - length) / step + 1, length, isOneSided ? length / 2 + 1 : length)
  }

  private func sizes(_ inputs: Facts) throws(RuntimeError) -> (frames: Int, length: Int, bins: Int)? {
    guard let step = inputs[1].integers?.first else { return nil }
    let length = inputs[optional: 3]
    if let length, length.integers == nil { return nil }
    return try sizes(
      inputs[0].shape, step: step, window: inputs[optional: 2]?.count, length: length?.integers?.first)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let x = inputs[0]
    try ShapeRules.rank(x, atLeast: 2)
    guard let sizes = try sizes(inputs) else { return [x.with(dims: [x.shape[0], -1, -1, 2])] }
    return [x.with(dims: [x.shape[0], sizes.frames, sizes.bins, 2])]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard let sizes = try? sizes(inputs) else { return 0 }
    return sizes.length * 6 * 8
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, window, output) = (call.inputs[0], call.inputs[optional: 2], call.outputs[0])
    let step = try call.scalar(1, default: 0)
    let given = call.inputs[optional: 3] == nil ? nil : try call.scalar(3, default: 0)
    let (frames, length, bins) = try sizes(x.shape.dims, step: step, window: window?.count, length: given)
    let parts = x.shape.rank == 3 ? x.shape[2] : 1
    let data = call.scratch.assumingMemoryBound(to: Double.self)
    let transform = FourierTransform(length: length, isInverse: false)
    for item in 0..<x.shape[0] {
      for frame in 0..<frames {
        for k in 0..<length {
          let at = (item * x.shape[1] + frame * step + k) * parts
          let weight = window?.real(k) ?? 1
          data[2 * k] = x.real(at) * weight
          data[2 * k + 1] = parts == 2 ? x.real(at + 1) * weight : 0
        }
        transform.run(data, scratch: data + 2 * length)
        let to = (item * frames + frame) * bins * 2
        for k in 0..<(2 * bins) { output.setReal(to + k, data[k]) }
      }
    }
  }
}
