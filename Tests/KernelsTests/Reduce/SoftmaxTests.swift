import Testing

@testable import Kernels

@Suite struct SoftmaxTests {
  struct Case: CustomTestStringConvertible {
    var outer: Int
    var axis: Int
    var inner = 1
    var testDescription: String { "\(outer)x\(axis)x\(inner)" }
  }
  static let cases = [
    Case(outer: 0, axis: 3), Case(outer: 2, axis: 0), Case(outer: 3, axis: 1), Case(outer: 2, axis: 3),
    Case(outer: 1, axis: 4), Case(outer: 5, axis: 7), Case(outer: 37, axis: 8), Case(outer: 3, axis: 131),
    Case(outer: 2, axis: 5, inner: 3), Case(outer: 3, axis: 4, inner: 4), Case(outer: 1, axis: 11, inner: 5),
    Case(outer: 40, axis: 7, inner: 13), Case(outer: 700, axis: 16),
    Case(outer: 2, axis: 3, inner: 130), Case(outer: 1, axis: 9, inner: 257),
  ]

  static func reference(_ c: Case, _ x: [Float], logarithm: Bool) -> [Double] {
    var y = [Double](repeating: 0, count: x.count)
    for o in 0..<c.outer {
      for i in 0..<c.inner {
        let places = (0..<c.axis).map { (o * c.axis + $0) * c.inner + i }
        let largest = places.map { Double(x[$0]) }.max() ?? 0
        let sum = places.reduce(0.0) { $0 + CMath.exp(Double(x[$1]) - largest) }
        for p in places {
          let z = Double(x[p]) - largest
          y[p] = logarithm ? z - CMath.log(sum) : CMath.exp(z) / sum
        }
      }
    }
    return y
  }

  @Test(arguments: cases) func agreesWithTheDefinition(_ c: Case) {
    let values = randomFloats(c.outer * c.axis * c.inner, seed: 3, scale: 20)
    for logarithm in [false, true] {
      let want = Self.reference(c, values, logarithm: logarithm)
      var first: [Float]?
      for platform in [Platform.serial, reversed(threads: 3)] {
        let m = Memory(values)
        if logarithm {
          logSoftmax(platform, m.read, into: m.base, outer: c.outer, axis: c.axis, inner: c.inner)
        } else {
          softmax(platform, m.read, into: m.base, outer: c.outer, axis: c.axis, inner: c.inner)
        }
        #expect(relativeDifference(m.array, want) < 1e-6)
        #expect(m.isIntact)
        #expect(first == nil || first == m.array)
        first = m.array
      }
    }
  }

  /// Rows that are done four at a time have the bits of one.
  @Test func shortRowsAreRows() {
    for count in 1..<8 {
      for rows in [1, 4, 7] {
        var values = randomFloats(rows * count, seed: 5, scale: 9)
        values[0] = -.infinity
        if rows == 7, count > 1 { values[count + 1] = .nan }
        for logarithm in [false, true] {
          let (short, long) = (Memory(values), Memory(values))
          if logarithm {
            logSoftmax(.serial, short.read, into: short.base, outer: rows, axis: count)
          } else {
            softmax(.serial, short.read, into: short.base, outer: rows, axis: count)
          }
          for row in 0..<rows {
            softmaxLanes(long.read + row * count, into: long.base + row * count, count, logarithm)
          }
          let same = zip(short.array, long.array).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }
          #expect(same, "\(rows) rows of \(count)")
          #expect(short.isIntact)
        }
      }
    }
  }

  @Test func whatIsMaskedIsZeroAndNaNSpreads() {
    let m = Memory([1, -.infinity, 1, -.infinity, -.infinity, -.infinity, -.infinity, -.infinity, 1, 1, 1, .nan, 2, 3])
    softmax(.serial, m.read, into: m.base, outer: 1, axis: 10)
    #expect(m.array[0..<10] == [0.25, 0, 0.25, 0, 0, 0, 0, 0, 0.25, 0.25])
    softmax(.serial, m.read + 10, into: m.base + 10, outer: 1, axis: 4)
    #expect(m.array[10...].allSatisfy { $0.isNaN })
  }
}
