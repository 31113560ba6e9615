import GraphIR
import Kernels
import Tensors

/// The best boxes of each class that do not overlap better ones: [count, 3] of batch, class and box.
///
/// Inputs are boxes [batch, boxes, 4], scores [batch, classes, boxes], how many boxes of a class at most, and the
/// thresholds of overlap and of score.
///
/// <https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html>
struct NonMaxSuppression: OperatorKernel {
  private let isCentered: Bool

  init(_ site: Site) throws(RuntimeError) { isCentered = try site.flag("center_point_box") }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (boxes, scores) = (inputs[0], inputs[1])
    guard boxes.rank == 3, scores.rank == 3, boxes.shape[2] == 4,
      boxes.shape[0] == scores.shape[0], boxes.shape[1] == scores.shape[2]
    else {
      throw RuntimeError(
        .invalidArgument, "boxes and scores of shapes %v and %v do not fit", shapes: boxes.shape, scores.shape)
    }
    for i in 3..<5 {
      if let threshold = inputs[optional: i], threshold.count != 1 {
        throw RuntimeError(.invalidArgument, "input %d must be one number, got %v", shape: threshold.shape, i)
      }
    }
    return [.anything]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (boxes, scores) = (call.inputs[0], call.inputs[1])
    let limit = try call.scalar(2, default: 0)
    let overlap = call.inputs[optional: 3]?.floats[0] ?? 0
    let least = call.inputs[optional: 4]?.floats[0] ?? -.infinity
    let (batch, classes, count) = (scores.shape[0], scores.shape[1], scores.shape[2])
    var selected: [(batch: Int, class: Int, box: Int)] = []
    if limit > 0 {
      for item in 0..<batch {
        for label in 0..<classes {
          let values = scores.floats + (item * classes + label) * count
          for box in best(boxes.floats + item * count * 4, values, count, limit: limit, overlap: overlap, least: least)
          {
            selected.append((item, label, box))
          }
        }
      }
    }
    let result = try call.allocator.tensor(.int64, [selected.count, 3])
    let elements = result.elements(Int64.self)
    for (i, box) in selected.enumerated() {
      elements[3 * i] = Int64(box.batch)
      elements[3 * i + 1] = Int64(box.class)
      elements[3 * i + 2] = Int64(box.box)
    }
    call.outputs[value: 0] = .tensor(result)
  }

  /// The boxes of one class that stay, best first.
  private func best(
    _ boxes: UnsafePointer<Float>, _ scores: UnsafePointer<Float>, _ count: Int, limit: Int, overlap: Float,
    least: Float
  ) -> [Int] {
    var places: [Int] = []
    var values: [Float] = []
    for i in 0..<count where scores[i] > least {
      places.append(i)
      values.append(scores[i])
    }
    var order = [Int64](repeating: 0, count: places.count)
    values.withUnsafeMutableBytes { values in
      order.withUnsafeMutableBufferPointer { order in
        guard let base = values.baseAddress, let best = order.baseAddress else { return }
        let sorted = Tensor(.float32, [order.count], Storage(borrowed: base, byteCount: values.count))
        topK(sorted, order.count, axis: 0, largest: true, values: nil, indices: best, on: .serial)
      }
    }
    var kept: [Int] = []
    var keptBoxes: [Box] = []
    for rank in order {
      if kept.count >= limit { break }
      let i = places[Int(rank)]
      let box = Box(boxes + 4 * i, isCentered: isCentered)
      if keptBoxes.contains(where: { $0.overlaps(box, beyond: overlap) }) { continue }
      kept.append(i)
      keptBoxes.append(box)
    }
    return kept
  }
}
