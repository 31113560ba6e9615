import GraphIR
import Tensors

/// Runs a subgraph over slices of its inputs, hands state from one slice to the next, and stacks what each yields.
///
/// <https://onnx.ai/onnx/operators/onnx__Scan.html>
struct Scan: ControlFlowKernel {
  private let body: Int
  private let stateCount: Int
  private let inputCount: Int
  private let inputAxes: [Int]
  private let inputReversed: [Bool]
  /// What the body declares of its outputs: the states, then the values that are stacked.
  private let declaredOutputs: [DeclaredValue]
  private let outputAxes: [Int]
  private let outputReversed: [Bool]
  /// Opset 8 has a batch in front of everything and an optional input for lengths.
  private let isBatched: Bool

  init(_ site: Site) throws(RuntimeError) {
    isBatched = site.opset < 9
    if isBatched { site.types.bodies.inputStart = 1 }
    body = try site.body("body")
    inputCount = try site.int("num_scan_inputs", default: 0)
    stateCount = site.inputCount - inputCount - (isBatched ? 1 : 0)
    let declared = site.node.bodies[body].graph.declaredOutputs
    let outputCount = declared.count - stateCount
    guard inputCount >= 1, stateCount >= 0, outputCount >= 0, stateCount + outputCount > 0 else {
      throw RuntimeError(
        .invalidGraph, "a scan of %d inputs must have at least one scanned, got %d", site.inputCount, inputCount)
    }
    guard site.node.bodies[body].formalCount == stateCount + inputCount else {
      throw RuntimeError(
        .invalidGraph, "the body of a scan must take %d states and %d slices, it takes %d inputs", stateCount,
        inputCount,
        site.node.bodies[body].formalCount)
    }
    declaredOutputs = declared
    inputAxes = try Scan.list(site.ints("scan_input_axes"), inputCount)
    outputAxes = try Scan.list(site.ints("scan_output_axes"), outputCount)
    inputReversed = try Scan.list(site.ints(isBatched ? "directions" : "scan_input_directions"), inputCount).map {
      $0 != 0
    }
    outputReversed = try Scan.list(site.ints("scan_output_directions"), outputCount).map { $0 != 0 }
  }

  private static func list(_ given: [Int]?, _ count: Int) throws(RuntimeError) -> [Int] {
    guard let given else { return [Int](repeating: 0, count: count) }
    guard given.count == count else {
      throw RuntimeError(
        .invalidGraph, "axes and directions must be given for all of %d values, got %d", count, given.count)
    }
    return given
  }

  func start(_ call: Call) throws(RuntimeError) -> ControlFlowState {
    guard !isBatched else {
      return try BatchedState(self, call)
    }
    var scanned: [Tensor] = []
    for i in 0..<inputCount { scanned.append(try call.tensor(stateCount + i)) }
    return try State(
      self, states: (0..<stateCount).map { call.inputs[value: $0] }, scanned: scanned, allocator: call.allocator)
  }

  private final class State: ControlFlowState {
    private let scan: Scan
    private var states: [Value]
    private let scanned: [Tensor]
    private let axes: [Int]
    private let outputs: [StackedValues]
    private let allocator: Allocator
    private let length: Int
    /// The length of the inputs; a sequence of a batch may be shorter, and what it yields ends in zeros.
    private let fullLength: Int
    private var iteration = 0

    init(_ scan: Scan, states: [Value], scanned: [Tensor], length: Int? = nil, allocator: Allocator)
      throws(RuntimeError)
    {
      self.scan = scan
      self.states = states
      self.scanned = scanned
      self.allocator = allocator
      outputs = scan.declaredOutputs.dropFirst(scan.stateCount).map { StackedValues($0) }
      var axes: [Int] = []
      for (tensor, axis) in zip(scanned, scan.inputAxes) {
        try ShapeRules.rank(Fact(tensor.type, tensor.shape.dims), atLeast: 1)
        axes.append(try ShapeRules.axis(axis, rank: tensor.shape.rank))
      }
      self.axes = axes
      let full = scanned[0].shape[axes[0]]
      for (tensor, axis) in zip(scanned, axes) where tensor.shape[axis] != full {
        throw RuntimeError(
          .invalidArgument, "scanned inputs must be of one length, got %d and %d", full, tensor.shape[axis])
      }
      fullLength = full
      self.length = min(length ?? full, full)
    }

    override func next(_ results: [Value]) throws(RuntimeError) -> Action {
      if !results.isEmpty {
        states = Array(results[..<scan.stateCount])
        for (output, value) in zip(outputs, results[scan.stateCount...]) { try output.append(value) }
        iteration += 1
      }
      if iteration == length {
        var finals = states
        for (i, output) in outputs.enumerated() {
          if scan.isBatched { try output.pad(to: fullLength, allocator) }
          finals.append(
            try output.stacked(axis: scan.outputAxes[i], isReversed: scan.outputReversed[i], allocator))
        }
        return .finish(outputs: finals)
      }
      var inputs = states
      for (i, tensor) in scanned.enumerated() {
        let index = scan.inputReversed[i] ? length - 1 - iteration : iteration
        inputs.append(.tensor(try tensor.slice(axis: axes[i], at: index, allocator)))
      }
      return .enter(body: scan.body, inputs: inputs)
    }
  }

  /// Opset 8: one scan after the other for each element of the batch.
  private final class BatchedState: ControlFlowState {
    private let scan: Scan
    private let states: [Tensor]
    private let scanned: [Tensor]
    private let lengths: Tensor?
    private let allocator: Allocator
    private let batch: Int
    private var element = 0
    private var inner: State
    private let outputs: [StackedValues]

    init(_ scan: Scan, _ call: Call) throws(RuntimeError) {
      self.scan = scan
      lengths = call.inputs[optional: 0]
      allocator = call.allocator
      var states: [Tensor] = []
      for i in 0..<scan.stateCount { states.append(try call.tensor(1 + i)) }
      var scanned: [Tensor] = []
      for i in 0..<scan.inputCount { scanned.append(try call.tensor(1 + scan.stateCount + i)) }
      self.states = states
      self.scanned = scanned
      for tensor in states + scanned {
        try ShapeRules.rank(Fact(tensor.type, tensor.shape.dims), atLeast: 1)
      }
      batch = scanned[0].shape[0]
      for tensor in states + scanned where tensor.shape[0] != batch || batch == 0 {
        throw RuntimeError(
          .invalidArgument, "the batch must be of one size above 0, got %d and %d", batch, tensor.shape[0])
      }
      outputs = scan.declaredOutputs.map { StackedValues($0) }
      inner = try BatchedState.state(scan, 0, states, scanned, lengths, call.allocator)
    }

    private static func state(
      _ scan: Scan, _ element: Int, _ states: [Tensor], _ scanned: [Tensor], _ lengths: Tensor?, _ allocator: Allocator
    ) throws(RuntimeError) -> State {
      var ownStates: [Value] = []
      for tensor in states { ownStates.append(.tensor(try tensor.slice(axis: 0, at: element, allocator))) }
      var ownScanned: [Tensor] = []
      for tensor in scanned { ownScanned.append(try tensor.slice(axis: 0, at: element, allocator)) }
      let length = lengths.flatMap { element < $0.count ? max($0.integer(element), 0) : nil }
      return try State(scan, states: ownStates, scanned: ownScanned, length: length, allocator: allocator)
    }

    override func next(_ results: [Value]) throws(RuntimeError) -> Action {
      var results = results
      while true {
        let action = try inner.next(results)
        guard case .finish(let values) = action else { return action }
        for (output, value) in zip(outputs, values) { try output.append(value) }
        element += 1
        if element == batch { break }
        inner = try BatchedState.state(scan, element, states, scanned, lengths, allocator)
        results = []
      }
      var finals: [Value] = []
      for output in outputs { finals.append(try output.stacked(axis: 0, isReversed: false, allocator)) }
      return .finish(outputs: finals)
    }
  }
}

extension Tensor {
  /// Element `index` along `axis`, without that axis, in memory of its own.
  fileprivate func slice(axis: Int, at index: Int, _ allocator: Allocator) throws(RuntimeError) -> Tensor {
    try checkWholeBytes()
    var dims = shape.dims
    let length = dims.remove(at: axis)
    let inner = shape.dims[(axis + 1)...].productSaturating
    let outer = shape.dims[..<axis].productSaturating
    let result = try allocator.tensor(type, Shape(dims))
    for o in 0..<outer {
      let source = (o * length + index) * inner
      if type == .string {
        for i in 0..<inner { result.storage.strings[o * inner + i] = storage.strings[source + i] }
      } else {
        let width = type.byteWidth
        (result.bytes + o * inner * width).copyMemory(from: bytes + source * width, byteCount: inner * width)
      }
    }
    return result
  }
}
