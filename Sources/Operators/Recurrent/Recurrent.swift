import GraphIR
import Kernels
import Tensors

/// A recurrent layer: RNN, GRU or LSTM, forward, backward or both.
///
/// Inputs are X, W, R, the bias, the lengths of the sequences, the first hidden state, and of an LSTM the first cell
/// state and peepholes. com.microsoft's DynamicQuantizeLSTM has W [directions, inputSize, 4 · hidden] and R alike in
/// bytes, with scales and zero points of W and R as inputs 8 to 11, one for each direction or each column. They are
/// dequantised, and inputs and states are rounded as bytes would be.
///
/// <https://onnx.ai/onnx/operators/onnx__LSTM.html>,
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.DynamicQuantizeLSTM>
struct Recurrent: FamilyKernel {
  private let cell: Recurrence.Cell
  private let activations: [[GateActivation]]
  private let directions: Int
  private let isReverse: Bool
  private let clip: Float
  /// Whether the batch comes before the steps.
  private let isBatchFirst: Bool
  private let isQuantized: Bool
  /// W and R where they are constant, each direction packed.
  private var packed: Storage?
  /// The last dim of such an R.
  private var packedHidden = 0

  static func rnn(_ site: Site) throws(RuntimeError) -> Recurrent { try Recurrent(site, .simple, [.tanh]) }

  static func gru(_ site: Site) throws(RuntimeError) -> Recurrent {
    try Recurrent(site, .gru(resetsLast: try site.flag("linear_before_reset")), [.sigmoid, .tanh])
  }

  static func lstm(_ site: Site) throws(RuntimeError) -> Recurrent {
    try Recurrent(site, .lstm(isCoupled: try site.flag("input_forget")), [.sigmoid, .tanh, .tanh])
  }

  static func quantizedLSTM(_ site: Site) throws(RuntimeError) -> Recurrent {
    try Recurrent(
      site, .lstm(isCoupled: try site.flag("input_forget")), [.sigmoid, .tanh, .tanh], isQuantized: true)
  }

  private init(
    _ site: Site, _ cell: Recurrence.Cell, _ defaults: [GateActivation.Function], isQuantized: Bool = false
  ) throws(RuntimeError) {
    self.cell = cell
    self.isQuantized = isQuantized
    let direction = try site.string("direction") ?? "forward"
    guard direction == "forward" || direction == "reverse" || direction == "bidirectional" else {
      throw RuntimeError(.invalidGraph, "direction %s is not known", name: direction)
    }
    directions = direction == "bidirectional" ? 2 : 1
    isReverse = direction == "reverse"
    activations = try GateActivations.read(site, defaults: defaults, directions: directions)
    clip = try site.float("clip", default: .infinity)
    isBatchFirst = try site.flag("layout")
    try pack(site)
  }

  /// Has W and R packed where both are constant, and rows come in eights.
  private mutating func pack(_ site: Site) throws(RuntimeError) {
    guard !isQuantized, let w = site.weight(1), let r = site.weight(2), w.type == .float32, r.type == .float32,
      w.shape.rank == 3, r.shape.rank == 3
    else { return }
    let (width, hidden) = (r.shape[1], r.shape[2])
    guard r.shape[0] == directions, w.shape[0] == directions, w.shape[1] == width, hidden > 0, hidden % 8 == 0,
      width % hidden == 0, width / hidden == cell.gates
    else { return }
    let kernel = Recurrence(cell, steps: 0, batch: 0, inputSize: w.shape[2], hidden: hidden, activations: [])
    // For each direction W, then R.
    let (inputCount, count) = (kernel.packedInputCount, kernel.packedInputCount + kernel.packedStateCount)
    let storage = try site.allocator.allocate(byteCount: directions * count * 4)
    for i in 1...2 {
      let constant = i == 1 ? w : r
      let size = constant.shape[2]
      site.pack(i, constant, rows: directions * width, unit: 8) { [storage] range, staging in
        var source = UnsafePointer(staging.assumingMemoryBound(to: Float.self))
        var first = range.lowerBound
        while first < range.upperBound {
          let (direction, row) = first.quotientAndRemainder(dividingBy: width)
          let target = storage.base.assumingMemoryBound(to: Float.self) + direction * count
          if i == 1 {
            kernel.packInput(source, rows: row..<row + 8, into: target)
          } else {
            kernel.packState(source, rows: row..<row + 8, into: target + inputCount)
          }
          source += 8 * size
          first += 8
        }
      }
    }
    packed = storage
    packedHidden = hidden
  }

  private func kernel(_ x: [Int], _ r: [Int]) -> Recurrence {
    var kernel = Recurrence(
      cell, steps: x[isBatchFirst ? 1 : 0], batch: x[isBatchFirst ? 0 : 1], inputSize: x[2],
      hidden: r[isQuantized ? 1 : 2],
      activations: activations[0])
    kernel.roundsToBytes = isQuantized
    kernel.isPacked = packed != nil
    return kernel
  }

  private var isLSTM: Bool { if case .lstm = cell { true } else { false } }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, w, r) = (inputs[0], inputs[1], inputs[2])
    for i in 0..<3 { try ShapeRules.rank(inputs[i], 3, input: i) }
    let kernel = kernel(x.shape, r.shape)
    let (hidden, width) = (kernel.hidden, cell.gates * kernel.hidden)
    let (wDims, rDims) = ([directions, width, kernel.inputSize], [directions, width, hidden])
    guard w.shape == stored(wDims), r.shape == stored(rDims) else {
      throw RuntimeError(
        .invalidArgument, "W and R of shapes %v and %v do not fit an input of %v", shapes: [w.shape, r.shape, x.shape])
    }
    let state = isBatchFirst ? [kernel.batch, directions, hidden] : [directions, kernel.batch, hidden]
    let expected: [(Int, [Int])] = [
      (3, [directions, 2 * width]), (4, [kernel.batch]), (5, state), (6, state), (7, [directions, 3 * hidden]),
    ]
    for (i, dims) in expected {
      if let given = inputs[optional: i], given.shape != dims {
        throw RuntimeError(.invalidArgument, "input %d must have shape %v, got %v", shapes: dims, given.shape, i)
      }
    }
    if isQuantized { for i in 1...2 { try checkScales(inputs, i, width) } }
    let y =
      isBatchFirst
      ? [kernel.batch, kernel.steps, directions, hidden] : [kernel.steps, directions, kernel.batch, hidden]
    return [x.with(dims: y), x.with(dims: state)] + (isLSTM ? [x.with(dims: state)] : [])
  }

  /// The dims of W or R as the node has them.
  private func stored(_ dims: [Int]) -> [Int] { isQuantized ? [dims[0], dims[2], dims[1]] : dims }

  private func checkScales(_ inputs: Facts, _ i: Int, _ width: Int) throws(RuntimeError) {
    let (scale, zero) = (2 * i + 6, 2 * i + 7)
    guard let scales = inputs[optional: scale], scales.count == directions || scales.count == directions * width,
      let zeros = inputs[optional: zero], zeros.count == directions || zeros.count == directions * width
    else {
      throw RuntimeError(
        .invalidArgument, "input %d must be bytes with inputs %d and %d for scale and zero point", i, scale, zero)
    }
  }

  /// W or R in floats, [directions, width, size].
  private func weights(_ call: Call, _ i: Int, _ scratch: inout ScratchMemory) -> UnsafeMutablePointer<Float> {
    let tensor = call.inputs[i]
    guard isQuantized else { return tensor.floats }
    let target = scratch.take(tensor.count, of: Float.self)
    let (size, width) = (tensor.shape[1], tensor.shape[2])
    let (scales, zeros) = (call.inputs[2 * i + 6], call.inputs[2 * i + 7])
    for direction in 0..<directions {
      for j in 0..<width {
        let scale = scales.floats[scales.count > directions ? direction * width + j : direction]
        let zero = zeros.byte(zeros.count > directions ? direction * width + j : direction)
        for k in 0..<size {
          target[(direction * width + j) * size + k] =
            Float(tensor.byte((direction * size + k) * width + j) - zero) * scale
        }
      }
    }
    return target
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard inputs[0].rank == 3, inputs[2].rank == 3 else { return 0 }
    let kernel = kernel(inputs[0].shape, inputs[2].shape)
    if inputs[0].type == .float64 { return (2 * kernel.batch + cell.gates + 2) * kernel.hidden * 8 }
    return ScratchMemory.byteCount(kernel.scratchCount * 4) + 2
      * ScratchMemory.byteCount(kernel.batch * kernel.hidden * 4)
      + (isBatchFirst ? ScratchMemory.byteCount(inputs[0].count * 4) : 0)
      + (isQuantized ? ScratchMemory.byteCount(inputs[1].count * 4) + ScratchMemory.byteCount(inputs[2].count * 4) : 0)
  }

  func run(_ call: Call) {
    if call.inputs[0].type == .float64 { return runDoubles(call) }
    var scratch = ScratchMemory(call)
    var x = call.inputs[0]
    var kernel = kernel(x.shape.dims, packed == nil ? call.inputs[2].shape.dims : [0, 0, packedHidden])
    if isBatchFirst {
      let turned = scratch.tensor(.float32, [kernel.steps, kernel.batch, kernel.inputSize])
      transpose(x, into: turned, permutation: [1, 0, 2], on: call.platform)
      x = turned
    }
    let (hidden, width) = (kernel.hidden, cell.gates * kernel.hidden)
    var (w, r): (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
    var (wStep, rStep) = (width * kernel.inputSize, width * hidden)
    if let packed {
      w = packed.base.assumingMemoryBound(to: Float.self)
      r = w + kernel.packedInputCount
      wStep = kernel.packedInputCount + kernel.packedStateCount
      rStep = wStep
    } else {
      (w, r) = (weights(call, 1, &scratch), weights(call, 2, &scratch))
    }
    let h = scratch.take(kernel.batch * hidden, of: Float.self)
    let c = scratch.take(kernel.batch * hidden, of: Float.self)
    let rest = scratch.take(0, of: Float.self)
    kernel.clip = clip
    for direction in 0..<directions {
      kernel.isReverse = isReverse || direction == 1
      kernel.activations = activations[direction]
      load(call.inputs[optional: 5], direction, into: h, kernel.batch, hidden * 4)
      load(isLSTM ? call.inputs[optional: 6] : nil, direction, into: c, kernel.batch, hidden * 4)
      let (yStep, yBatch) =
        isBatchFirst
        ? (directions * hidden, kernel.steps * directions * hidden) : (directions * kernel.batch * hidden, hidden)
      let yStart = direction * (isBatchFirst ? hidden : kernel.batch * hidden)
      kernel.run(
        call.platform, x.floats, w: w + direction * wStep, r: r + direction * rStep,
        bias: call.inputs[optional: 3].map { UnsafePointer($0.floats + direction * 2 * width) },
        peepholes: isLSTM ? call.inputs[optional: 7].map { UnsafePointer($0.floats + direction * 3 * hidden) } : nil,
        lengths: call.inputs[optional: 4].map { UnsafePointer($0.elements(Int32.self).baseAddress!) }, h: h,
        c: isLSTM ? c : nil, y: call.outputs[optional: 0].map { $0.floats + yStart }, stepStride: yStep,
        batchStride: yBatch, scratch: rest)
      store(h, direction, into: call.outputs[optional: 1], kernel.batch, hidden * 4)
      if isLSTM { store(c, direction, into: call.outputs[optional: 2], kernel.batch, hidden * 4) }
    }
  }

  private func runDoubles(_ call: Call) {
    let (x, r) = (call.inputs[0], call.inputs[2])
    var kernel = kernel(x.shape.dims, r.shape.dims)
    let (hidden, width) = (kernel.hidden, cell.gates * kernel.hidden)
    let h = call.scratch.assumingMemoryBound(to: Double.self)
    let c = h + kernel.batch * hidden
    kernel.clip = clip
    for direction in 0..<directions {
      kernel.isReverse = isReverse || direction == 1
      kernel.activations = activations[direction]
      load(call.inputs[optional: 5], direction, into: h, kernel.batch, hidden * 8)
      load(isLSTM ? call.inputs[optional: 6] : nil, direction, into: c, kernel.batch, hidden * 8)
      let (yStep, yBatch) =
        isBatchFirst
        ? (directions * hidden, kernel.steps * directions * hidden) : (directions * kernel.batch * hidden, hidden)
      let yStart = direction * (isBatchFirst ? hidden : kernel.batch * hidden)
      kernel.run(
        x.reals, w: call.inputs[1].reals + direction * width * kernel.inputSize,
        r: r.reals + direction * width * hidden,
        bias: call.inputs[optional: 3].map { UnsafePointer($0.reals + direction * 2 * width) },
        peepholes: isLSTM ? call.inputs[optional: 7].map { UnsafePointer($0.reals + direction * 3 * hidden) } : nil,
        lengths: call.inputs[optional: 4].map { UnsafePointer($0.elements(Int32.self).baseAddress!) },
        itemStride: isBatchFirst ? kernel.steps * kernel.inputSize : kernel.inputSize,
        inputStride: isBatchFirst ? kernel.inputSize : kernel.batch * kernel.inputSize, h: h, c: isLSTM ? c : nil,
        y: call.outputs[optional: 0].map { $0.reals + yStart }, stepStride: yStep, batchStride: yBatch,
        scratch: c + kernel.batch * hidden)
      store(h, direction, into: call.outputs[optional: 1], kernel.batch, hidden * 8)
      if isLSTM { store(c, direction, into: call.outputs[optional: 2], kernel.batch, hidden * 8) }
    }
  }

  /// The row, `size` bytes, of a direction's state of item `item` in a tensor of states.
  private func row(_ tensor: Tensor, _ direction: Int, _ item: Int, _ batch: Int, _ size: Int)
    -> UnsafeMutableRawPointer
  {
    tensor.bytes + (isBatchFirst ? item * directions + direction : direction * batch + item) * size
  }

  /// Copies a direction's state out of a tensor of states; it is zero where there is none.
  private func load(
    _ tensor: Tensor?, _ direction: Int, into state: UnsafeMutableRawPointer, _ batch: Int, _ size: Int
  ) {
    guard let tensor else {
      state.initializeMemory(as: UInt8.self, repeating: 0, count: batch * size)
      return
    }
    for item in 0..<batch {
      (state + item * size).copyMemory(from: row(tensor, direction, item, batch, size), byteCount: size)
    }
  }

  /// Copies a direction's state into a tensor of states, where there is one.
  private func store(
    _ state: UnsafeRawPointer, _ direction: Int, into tensor: Tensor?, _ batch: Int, _ size: Int
  ) {
    guard let tensor else { return }
    for item in 0..<batch {
      row(tensor, direction, item, batch, size).copyMemory(from: state + item * size, byteCount: size)
    }
  }
}
