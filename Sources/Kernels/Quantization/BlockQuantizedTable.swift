import Tensors

/// Integers of 2, 4 or 8 bits [outer, axis, inner] with a scale for each block along the axis: read by runs.
///
/// Zero points lie as the scales do; those of byte tensors are packed as their data is, each row of blocks in whole
/// bytes, which wants an `inner` of 1.
public struct BlockQuantizedTable {
  private let data: Tensor
  private let scales: UnsafePointer<Float>
  private let zeroPoints: Tensor?
  private let block: Int
  private let axis: Int
  private let inner: Int
  private let blocks: Int
  /// The type that the data's bits are.
  private let element: ElementType

  public init(
    data: Tensor, scales: UnsafePointer<Float>, zeroPoints: Tensor?, bits: Int, block: Int, axis: Int, inner: Int
  ) {
    self.data = data
    self.scales = scales
    self.zeroPoints = zeroPoints
    self.block = block
    self.axis = axis
    self.inner = inner
    blocks = (axis + block - 1) / block
    element = data.type != .uint8 ? data.type : bits == 2 ? .uint2 : bits == 4 ? .uint4 : .uint8
  }

  /// `count` values from element `start` on.
  public func read(_ start: Int, count: Int, into target: UnsafeMutablePointer<Float>) {
    var i = 0
    while i < count {
      let (row, column) = (start &+ i).quotientAndRemainder(dividingBy: inner)
      let (outer, position) = row.quotientAndRemainder(dividingBy: axis)
      let first = (outer &* blocks &+ position / block) &* inner &+ column
      // Where the axis is the last one a run is what is left of a block; else neighbours have scales side by side.
      let isRun = inner == 1
      let length = min(
        isRun ? min(block &- position % block, axis &- position) : inner &- column, count &- i)
      for j in 0..<length {
        let scale = first &+ (isRun ? 0 : j)
        let q = integer(data, start &+ i &+ j) &- zero(scale)
        target[i &+ j] = Float(q) * scales[scale]
      }
      i &+= length
    }
  }

  private func zero(_ scale: Int) -> Int32 {
    guard let zeroPoints else { return data.type == .uint8 ? 1 << Int32(element.bitWidth &- 1) : 0 }
    guard element.bitWidth < 8, data.type == .uint8 else { return integer(zeroPoints, scale) }
    let perByte = 8 / element.bitWidth
    let (row, index) = scale.quotientAndRemainder(dividingBy: blocks)
    return integer(zeroPoints, row &* ((blocks &+ perByte &- 1) / perByte &* perByte) &+ index)
  }

  @inline(__always)
  private func integer(_ tensor: Tensor, _ i: Int) -> Int32 {
    let bits = Int32(Tile.bits(element, tensor.bytes, i))
    return element == .int4 ? (bits ^ 8) &- 8 : bits
  }
}
