import Tensors

/// A constant on its way to where it stays, read and packed one range after the other.
///
/// Binding only says where a weight will lie. The session fills the places before it is ready, and may pause or be
/// stopped between any two ranges.
public final class Filling {
  /// The bytes that are read at a time, unless a single unit of a packed layout takes more.
  public static let rangeByteCount = 1 << 18

  private let constant: Constant
  /// The constant as `count` rows of `rowByteCount` bytes, of which a range takes up to `step`.
  private let rowByteCount: Int
  private let count: Int
  private let step: Int
  private let target: Target
  private var next = 0

  private enum Target {
    case tensor(Tensor)
    /// Rows are read to a staging buffer and packed from there.
    case packed((Range<Int>, UnsafeMutableRawPointer) -> Void, staging: Storage)
  }

  /// A copy as it is, to a tensor of the constant's type and shape.
  public init(_ constant: Constant, into tensor: Tensor) {
    self.constant = constant
    rowByteCount = 1
    count = constant.byteCount
    step = Filling.rangeByteCount
    target = .tensor(tensor)
  }

  /// Ranges of rows, whose first is a multiple of `unit`; `pack` is given a range and where its rows are.
  public init(
    _ constant: Constant, rows: Int, unit: Int = 1, allocator: Allocator,
    pack: @escaping (Range<Int>, UnsafeMutableRawPointer) -> Void
  ) throws(RuntimeError) {
    self.constant = constant
    count = rows
    rowByteCount = constant.byteCount / max(rows, 1)
    step = max(unit, Filling.rangeByteCount / max(rowByteCount, 1) / unit * unit)
    target = .packed(pack, staging: try allocator.allocate(byteCount: min(step, rows) * rowByteCount))
  }

  /// Fills the next range; true when there is none left.
  public func advance() throws(RuntimeError) -> Bool {
    let range = next..<min(next + step, count)
    let (offset, byteCount) = (range.lowerBound * rowByteCount, range.count * rowByteCount)
    switch target {
    case .tensor(let tensor):
      try constant.read(at: offset, count: byteCount, into: tensor.bytes + offset)
    case .packed(let pack, let staging):
      try constant.read(at: offset, count: byteCount, into: staging.base)
      pack(range, staging.base)
    }
    next = range.upperBound
    return next == count
  }
}
