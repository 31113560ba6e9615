import Tensors

/// Weights [experts, n, k] of 2, 4 or 8 bits, low bits first, with a scale for each row [experts, n] or each block along
/// k, [experts, n, blocks]. Zero points are packed likewise, each expert's or each row's in whole bytes.
public struct PackedExperts {
  private let weights: UnsafePointer<UInt8>
  private let scales: UnsafePointer<Float>
  private let zeros: UnsafePointer<UInt8>?
  private let bits: Int
  private let block: Int
  private let n: Int
  private let k: Int

  public init(weights: Tensor, scales: Tensor, zeros: Tensor?, bits: Int, block: Int, n: Int, k: Int) {
    self.weights = UnsafePointer(weights.bytes.assumingMemoryBound(to: UInt8.self))
    self.scales = UnsafePointer(scales.floats)
    self.zeros = zeros.map { UnsafePointer($0.bytes.assumingMemoryBound(to: UInt8.self)) }
    self.bits = bits
    self.block = block
    self.n = n
    self.k = k
  }

  /// The `k` values of one row.
  public func widen(_ expert: Int, _ row: Int, into target: UnsafeMutablePointer<Float>) {
    let place = expert &* n &+ row
    let bytes = weights + place &* (k &* bits / 8)
    let length = block == 0 ? k : block
    let blocks = k / length
    for index in 0..<blocks {
      let scale = scales[place &* blocks &+ index]
      let zero =
        block == 0
        ? zeroPoint(expert &* ((n &* bits &+ 7) / 8), row) : zeroPoint(place &* ((blocks &* bits &+ 7) / 8), index)
      for i in (index &* length)..<((index &+ 1) &* length) {
        target[i] = Float(integer(bytes, i) &- zero) * scale
      }
    }
  }

  private func zeroPoint(_ first: Int, _ i: Int) -> Int32 {
    zeros.map { integer($0 + first, i) } ?? 1 << Int32(bits &- 1)
  }

  @inline(__always)
  private func integer(_ bytes: UnsafePointer<UInt8>, _ i: Int) -> Int32 {
    let perByte = 8 / bits
    return Int32(bytes[i / perByte] >> UInt8(i % perByte &* bits)) & (1 << Int32(bits) &- 1)
  }
}
