import ONNXFormat
import Tensors

/// A constant on its way to where it stays, read and packed one range after the other.
///
/// Binding only says where a weight will lie. The session fills the places before it is ready (`FillingQueue`), and may
/// pause or be stopped between any two ranges.
public final class Filling {
  /// The bytes that are read at a time, unless a single unit of a packed layout takes more.
  public static let rangeByteCount = 1 << 18

  private let constant: Constant
  /// The constant as `count` rows of `pitch` bytes, of which a range takes up to `step`, and of each row `strip`.
  private let count: Int
  private let pitch: Int
  private let step: Int
  private let strip: Range<Int>
  private let target: Target
  private var next = 0
  /// Where the next range comes from, and nothing after it from further in front; nil where it is in memory.
  private(set) var origin: Origin?
  /// The node that the place belongs to, for errors.
  public var node: RuntimeError.Node?

  private enum Target {
    case tensor(Tensor)
    /// Rows are read to a staging buffer and packed from there.
    case packed((Range<Int>, UnsafeMutableRawPointer) -> Void)
  }

  /// A copy as it is, to a tensor of the constant's type and shape.
  public init(_ constant: Constant, into tensor: Tensor) {
    self.constant = constant
    count = constant.byteCount
    pitch = 1
    strip = 0..<1
    step = Filling.rangeByteCount
    target = .tensor(tensor)
    origin = constant.origin(of: 0)
  }

  /// Ranges of rows, whose first is a multiple of `unit`, and of each row the bytes `strip`, or all of them. `pack` is
  /// given a range and where that much of its rows is, one right behind the other.
  public init(
    _ constant: Constant, rows: Int, strip: Range<Int>? = nil, unit: Int = 1,
    pack: @escaping (Range<Int>, UnsafeMutableRawPointer) -> Void
  ) {
    self.constant = constant
    count = rows
    pitch = constant.byteCount / max(rows, 1)
    self.strip = strip ?? 0..<pitch
    step = max(unit, Filling.rangeByteCount / max(self.strip.count, 1) / unit * unit)
    target = .packed(pack)
    origin = constant.origin(of: self.strip.lowerBound)
  }

  /// The bytes that `advance` wants for rows on their way.
  var stagingByteCount: Int {
    if case .packed = target { min(step, count) * strip.count } else { 0 }
  }

  /// Fills the next range; true when there is none left.
  func advance(_ staging: UnsafeMutableRawPointer) throws(RuntimeError) -> Bool {
    let range = next..<min(next + step, count)
    switch target {
    case .tensor(let tensor):
      try constant.read(at: range.lowerBound, count: range.count, into: tensor.bytes + range.lowerBound)
    case .packed(let pack):
      try read(range, into: staging)
      pack(range, staging)
    }
    next = range.upperBound
    if next < count { origin = constant.origin(of: next * pitch + strip.lowerBound) }
    return next == count
  }

  private func read(_ rows: Range<Int>, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    if strip.count == pitch {
      return try constant.read(at: rows.lowerBound * pitch, count: rows.count * pitch, into: target)
    }
    for (i, row) in rows.enumerated() {
      try constant.read(at: row * pitch + strip.lowerBound, count: strip.count, into: target + i * strip.count)
    }
  }
}
