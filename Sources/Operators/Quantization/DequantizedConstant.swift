import GraphIR
import Kernels
import ONNXFormat
import Tensors

/// A constant that was quantised, read as float32: whoever packs it does so from the model's own bytes, and the four
/// times larger tensor is never there.
public final class DequantizedConstant: Constant {
  private static let stagingCount = 1 << 16
  private let quantized: Constant
  private let scale: Tensor
  private let zeroPoint: Tensor?
  private let layout: QuantizedLayout
  private let quantizedType: QuantizedType
  private let allocator: Allocator
  private var loaded: Tensor?

  /// What a DequantizeLinear with constant inputs answers; nil where that is better computed.
  public init?(_ node: Node, _ constants: [Constant?], allocator: Allocator) throws(RuntimeError) {
    guard node.opType == "DequantizeLinear", constants.count >= 2, let quantized = constants[0],
      let scale = constants[1], scale.type == .float32, !quantized.type.isPacked, !quantized.shape.isEmpty,
      let type = quantized.type.quantized
    else { return nil }
    let site = Site(node, constants: [], platform: .serial, allocator: allocator, offersWeights: false)
    if site.has("output_dtype") { return nil }
    let grain = try QuantizationGrain(site)
    layout = try grain.layout(quantized.shape.dims, scale: scale.shape.dims)
    let zeroPoint = constants.count > 2 ? constants[2] : nil
    if node.inputs.count > 2, node.inputs[2] >= 0, zeroPoint == nil { return nil }
    // The node itself says what is wrong with it.
    if let zeroPoint, zeroPoint.type != quantized.type { return nil }
    try grain.check(
      zeroPoint: zeroPoint.map { Fact($0.type, $0.shape.dims) }, scale: Fact(scale.type, scale.shape.dims))
    self.quantized = quantized
    self.scale = try scale.tensor(allocator)
    self.zeroPoint = try zeroPoint?.tensor(allocator)
    self.allocator = allocator
    quantizedType = type
    super.init(.float32, quantized.shape)
  }

  public override func tensor(_ allocator: Allocator) throws(RuntimeError) -> Tensor {
    if let loaded { return loaded }
    let tensor = try allocator.tensor(.float32, shape)
    try read(at: 0, count: byteCount, into: tensor.bytes)
    loaded = tensor
    return tensor
  }

  public override func read(
    at offset: Int, count: Int, into target: UnsafeMutableRawPointer
  ) throws(RuntimeError) {
    let width = quantized.type.byteWidth
    let (start, end) = (offset / 4, (offset + count) / 4)
    let staging = try allocator.allocate(byteCount: min(DequantizedConstant.stagingCount, end - start) * width)
    var first = start
    while first < end {
      let range = first..<min(first + DequantizedConstant.stagingCount, end)
      try quantized.read(at: first * width, count: range.count * width, into: staging.base)
      dequantizeElements(
        staging.base, type: quantizedType, range,
        into: (target + (first - start) * 4).assumingMemoryBound(to: Float.self),
        layout, scales: scale.floats, zeroPoints: zeroPoint.map { UnsafeRawPointer($0.bytes) })
      first = range.upperBound
    }
  }

  public override func origin(of offset: Int) -> Origin? {
    quantized.origin(of: offset / 4 * quantized.type.byteWidth)
  }

  public override var resident: Tensor? { loaded }

  public override func release() {
    super.release()
    loaded = nil
    quantized.release()
  }
}
