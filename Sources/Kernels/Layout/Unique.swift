import Tensors

/// The different slices of a tensor along an axis: which there are, and which of them each slice is.
///
/// It works in memory of `scratchByteCount(n)` bytes that is given to it, for `n` slices.
public struct UniqueSlices {
  private let x: Tensor
  /// The number of slices.
  public let size: Int
  private let inner: Int
  private let outer: Int
  /// For each slice the number of the different one that it is.
  public let inverse: UnsafeMutablePointer<Int>
  /// For each different slice its first occurrence.
  public let first: UnsafeMutablePointer<Int>
  /// How many different slices there are.
  public private(set) var count = 0
  /// The keys of slices that are a number each.
  private let keys: UnsafeMutablePointer<Int64>?

  public static func scratchByteCount(_ n: Int) -> Int { n.multipliedReportingOverflow(by: 32).partialValue }

  /// The slices along `axis`, in ascending order or in that of their first occurrence. NaN equals itself.
  public init(_ x: Tensor, axis: Int, sorted: Bool, scratch: UnsafeMutableRawPointer) {
    self.x = x
    size = x.shape[axis]
    inner = x.shape.dims[(axis + 1)...].productSaturating
    outer = x.shape.dims[..<axis].productSaturating
    inverse = (scratch + 8 * size).assumingMemoryBound(to: Int.self)
    first = inverse + size
    let spare = first + size
    keys = inner == 1 && outer == 1 && x.type.rowType != nil ? scratch.assumingMemoryBound(to: Int64.self) : nil
    if let keys {
      for start in stride(from: 0, to: size, by: OrderedKey.tileCount) {
        let n = min(OrderedKey.tileCount, size - start)
        Tile.with { tile in
          OrderedKey.load(x, first: start, count: n, into: tile)
          (keys + start).update(from: tile.assumingMemoryBound(to: Int64.self), count: n)
        }
      }
    }
    // The order is made in the memory that `first` takes afterwards: a different slice is written where all before it
    // have been read.
    let order = first
    sort(order, spare: spare)
    for i in 0..<size {
      let slice = order[i]
      if i == 0 || compare(first[count - 1], slice) != 0 {
        first[count] = slice
        count += 1
      }
      inverse[slice] = count - 1
    }
    if !sorted { renumber(spare: spare) }
  }

  /// Copies the different slices.
  public func copy(to out: Tensor) {
    for block in 0..<outer {
      for i in 0..<count {
        copyElements(x, (block * size + first[i]) * inner, to: out, (block * count + i) * inner, count: inner)
      }
    }
  }

  private func renumber(spare: UnsafeMutablePointer<Int>) {
    for i in 0..<count { spare[i] = -1 }
    var next = 0
    for i in 0..<size {
      let old = inverse[i]
      if spare[old] < 0 {
        spare[old] = next
        next += 1
      }
      inverse[i] = spare[old]
    }
    for i in (0..<size).reversed() { first[inverse[i]] = i }
  }

  /// Leaves the slices' numbers in ascending order of the slices, equal ones as they came.
  private func sort(_ order: UnsafeMutablePointer<Int>, spare: UnsafeMutablePointer<Int>) {
    for i in 0..<size { order[i] = i }
    sortPlaces(order, count: size, spare: spare) { compare($0, $1) < 0 }
  }

  /// Below 0, 0 or above, as slice `i` comes before, equals or comes behind slice `j`.
  private func compare(_ i: Int, _ j: Int) -> Int {
    if let keys { return keys[i] < keys[j] ? -1 : keys[i] == keys[j] ? 0 : 1 }
    for block in 0..<outer {
      let (a, b) = ((block * size + i) * inner, (block * size + j) * inner)
      for k in 0..<inner {
        if x.type == .string {
          let (a, b) = (x.storage.strings[a + k].bytes, x.storage.strings[b + k].bytes)
          if a != b { return a.lexicographicallyPrecedes(b) ? -1 : 1 }
        } else {
          let (a, b) = (OrderedKey.of(x, a + k), OrderedKey.of(x, b + k))
          if a != b { return a < b ? -1 : 1 }
        }
      }
    }
    return 0
  }
}
