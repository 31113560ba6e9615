import GraphIR
import Kernels
import ONNXFormat
import Tensors

/// Lets operators whose kernels know float32 alone run on float16 and bfloat16: what goes in is widened, what comes out
/// is rounded once.
///
/// A row asks for it by a trait; the operator itself never sees a half type. Constants are widened while they are
/// packed (`WidenedConstant`), so only activations are converted at each run.
final class WideningKernel: BoundKernel {
  private let kernel: BoundKernel
  private let narrowsFirstOnly: Bool

  init(_ kernel: BoundKernel, _ traits: Operator.Traits) {
    self.kernel = kernel
    narrowsFirstOnly = traits.contains(.widensHalvesOfFirstOutput)
    super.init()
  }

  override func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    guard let half = inputs.half else { return try kernel.infer(inputs) }
    var outputs = try kernel.infer(inputs.widened)
    for i in outputs.indices where outputs[i].type == .float32 {
      if i > 0 && narrowsFirstOnly {
        outputs[i].narrow = nil
      } else {
        // What the operator made of an input is of that one's type.
        outputs[i] = outputs[i].with(type: outputs[i].narrow ?? half)
      }
    }
    return outputs
  }

  override func measure(_ call: Call) throws(RuntimeError) -> [[Int]] { try kernel.measure(call) }

  override func scratchByteCount(_ inputs: Facts, _ threads: Int) -> Int {
    kernel.scratchByteCount(inputs.half == nil ? inputs : inputs.widened, threads)
  }

  override func movesNothing(_ inputs: Facts) -> Bool { kernel.movesNothing(inputs) }

  override func run(_ call: Call) throws(RuntimeError) {
    guard call.inputs.hasHalf || call.outputs.hasHalf else { return try kernel.run(call) }
    let (inputCount, outputCount) = (call.inputs.count, call.outputs.count)
    let row = Slots(count: inputCount + outputCount)
    let slots = row.values
    defer { withExtendedLifetime(row) {} }
    for i in 0..<inputCount {
      slots[i] = call.inputs[value: i]
      guard let tensor = call.inputs[optional: i], tensor.type.widensToFloat32 else { continue }
      let wide = try call.allocator.tensor(.float32, tensor.shape)
      cast(tensor, into: wide, on: call.platform)
      slots[i] = .tensor(wide)
    }
    for i in 0..<outputCount {
      guard let tensor = call.outputs[optional: i] else { continue }
      slots[inputCount + i] = .tensor(
        tensor.type.widensToFloat32 ? try call.allocator.tensor(.float32, tensor.shape) : tensor)
    }
    let wide = Call(
      inputs: Operands(slots, (0..<inputCount).map { call.inputs.has($0) ? $0 : -1 }),
      outputs: Operands(slots, (0..<outputCount).map { call.outputs.has($0) ? inputCount + $0 : -1 }),
      platform: call.platform, scratch: call.scratch, allocator: call.allocator)
    try kernel.run(wide)
    for i in 0..<outputCount {
      guard let tensor = call.outputs[optional: i], tensor.type.widensToFloat32 else { continue }
      cast(wide.outputs[i], into: tensor, on: call.platform)
    }
  }
}

/// A constant of a half type, read as float32.
public final class WidenedConstant: Constant {
  private static let stagingCount = 1 << 15
  private let narrow: Constant
  private let allocator: Allocator

  public init(_ narrow: Constant, allocator: Allocator) {
    self.narrow = narrow
    self.allocator = allocator
    super.init(.float32, narrow.shape)
  }

  public override func tensor(_ allocator: Allocator) throws(RuntimeError) -> Tensor {
    let tensor = try allocator.tensor(.float32, shape)
    cast(try narrow.tensor(allocator), into: tensor, on: .serial)
    return tensor
  }

  public override func read(at offset: Int, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    let staging = try allocator.allocate(byteCount: WidenedConstant.stagingCount * 2)
    let width = narrow.type.byteWidth
    var done = 0
    while done < count / 4 {
      let part = min(WidenedConstant.stagingCount, count / 4 - done)
      try narrow.read(at: (offset / 4 + done) * width, count: part * width, into: staging.base)
      let source = Tensor(narrow.type, [part], staging)
      let wide = Tensor(.float32, [part], Storage(borrowed: target + done * 4, byteCount: part * 4))
      cast(source, into: wide, on: .serial)
      done += part
    }
  }

  public override func origin(of offset: Int) -> Origin? { narrow.origin(of: offset / 4 * narrow.type.byteWidth) }
}

extension ElementType {
  var isHalf: Bool { self == .float16 || self == .bfloat16 }
  /// Whether float32 holds every number of this type of floats, and more.
  var widensToFloat32: Bool { rowType == .f32 && self != .float32 }
}

extension Facts {
  /// The half type among the inputs, if there is one.
  fileprivate var half: ElementType? { present.first { $0.type.widensToFloat32 }?.type }

  fileprivate var widened: Facts {
    guard half != nil else { return self }
    return Facts(
      (0..<count).map { i in
        guard var fact = self[optional: i] else { return nil }
        let type = fact.type
        if type.widensToFloat32 { fact = fact.with(type: .float32) }
        fact.narrow = type
        return fact
      })
  }
}

extension Operands {
  fileprivate func has(_ i: Int) -> Bool {
    if case .none = self[value: i] { false } else { true }
  }

  fileprivate var hasHalf: Bool { (0..<count).contains { self[optional: $0]?.type.widensToFloat32 ?? false } }
}
