import Testing

@testable import Kernels

@Suite struct PoolTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var planes = 2
    var window: Window
    var testDescription: String { name }
  }
  static func window(
    _ input: Extent, _ kernel: Extent, stride: Extent = .one, dilation: Extent = .one, before: Extent = .zero,
    after: Extent? = nil
  ) -> Window {
    ConvolutionTests.window(input, kernel, stride: stride, dilation: dilation, before: before, after: after)
  }
  static let cases: [Case] = [
    Case(name: "2x2", window: window(Extent(6, 8), Extent(2, 2), stride: Extent(2, 2))),
    Case(name: "3x3 stride 2", window: window(Extent(13, 15), Extent(3, 3), stride: Extent(2, 2))),
    Case(
      name: "3x3 stride 2 padded",
      window: window(Extent(112, 112), Extent(3, 3), stride: Extent(2, 2), before: Extent(0, 1, 1))),
    Case(name: "3x3 stride 1 padded", window: window(Extent(9, 10), Extent(3, 3), before: Extent(0, 1, 1))),
    Case(
      name: "pads after only",
      window: window(Extent(10, 10), Extent(3, 3), stride: Extent(2, 2), after: Extent(0, 1, 1))),
    Case(name: "dilated", window: window(Extent(12, 13), Extent(3, 2), dilation: Extent(2, 3))),
    Case(
      name: "stride 3", planes: 3,
      window: window(Extent(14, 17), Extent(5, 4), stride: Extent(3, 3), before: Extent(0, 2, 1))),
    Case(name: "line", window: window(Extent(21), Extent(3), stride: Extent(2), before: Extent(0, 0, 1))),
    Case(
      name: "volume",
      window: window(Extent(5, 6, 7), Extent(2, 3, 2), stride: Extent(2, 1, 2), before: Extent(1, 1, 0))),
    // The last window begins inside but reaches beyond the padding.
    Case(
      name: "ceil",
      window: Window(
        input: Extent(6, 6), output: Extent(3, 3), kernel: Extent(3, 3), stride: Extent(2, 2), before: .zero,
        after: .zero)),
    Case(
      name: "ceil, padded",
      window: Window(
        input: Extent(7, 8), output: Extent(5, 5), kernel: Extent(3, 3), stride: Extent(2, 2), before: Extent(0, 1, 1),
        after: Extent(0, 1, 1))),
    Case(
      name: "wide rows", planes: 1,
      window: window(Extent(3, 700), Extent(3, 3), before: Extent(0, 1, 1))),
    Case(
      name: "wide rows, stride 2", planes: 1,
      window: window(Extent(3, 701), Extent(2, 5), stride: Extent(1, 2), before: Extent(0, 0, 2))),
    Case(
      name: "5x5, narrow", window: window(Extent(5, 3), Extent(5, 5), before: Extent(0, 2, 2))),
    Case(
      name: "volume, stride 1",
      window: window(Extent(4, 5, 9), Extent(3, 3, 3), before: Extent(1, 1, 1))),
    Case(
      name: "a volume of long strides", planes: 1,
      window: window(Extent(2, 4, 90), Extent(2, 2, 3), stride: Extent(1, 1, 29))),
    Case(name: "a long window", planes: 1, window: window(Extent(1, 1, 150), Extent(1, 1, 70))),
    Case(
      name: "a dilated volume of a long window", planes: 1,
      window: window(Extent(2, 2, 200), Extent(2, 2, 3), dilation: Extent(1, 1, 80))),
    Case(
      name: "planes in a volume", planes: 3,
      window: window(Extent(2, 6, 34), Extent(1, 2, 2), stride: Extent(1, 2, 2))),
    Case(
      name: "planes in a volume, padded", planes: 3,
      window: window(Extent(2, 7, 37), Extent(1, 3, 3), stride: Extent(1, 2, 2), before: Extent(0, 1, 1))),
    Case(
      name: "planes in a volume, stride 1, padded", planes: 3,
      window: window(Extent(2, 5, 19), Extent(1, 3, 4), before: Extent(0, 1, 2))),
    Case(
      name: "pads as wide as the rows", planes: 3,
      window: window(Extent(2, 2, 3), Extent(1, 5, 9), before: Extent(0, 4, 8))),
    Case(name: "no planes", planes: 0, window: window(Extent(4, 4), Extent(2, 2))),
    Case(name: "many planes", planes: 40, window: window(Extent(28, 28), Extent(2, 2))),
  ]

  /// Calls `body` with every output, the input places of its window and how many of its taps lie in the padded input.
  static func forEachWindow(_ c: Case, _ body: (_ places: [Int], _ padded: Int) -> Void) {
    let (w, i) = (c.window, c.window.input)
    for plane in 0..<c.planes {
      for o in 0..<w.output.count {
        let (oz, oy, ox) = (o / w.output.w / w.output.h, o / w.output.w % w.output.h, o % w.output.w)
        var places: [Int] = []
        var padded = 0
        for t in 0..<w.kernel.count {
          let z = oz * w.stride.d - w.before.d + t / w.kernel.w / w.kernel.h * w.dilation.d
          let y = oy * w.stride.h - w.before.h + t / w.kernel.w % w.kernel.h * w.dilation.h
          let x = ox * w.stride.w - w.before.w + t % w.kernel.w * w.dilation.w
          if z < i.d + w.after.d && y < i.h + w.after.h && x < i.w + w.after.w { padded += 1 }
          if 0..<i.d ~= z, 0..<i.h ~= y, 0..<i.w ~= x { places.append(((plane * i.d + z) * i.h + y) * i.w + x) }
        }
        body(places, padded)
      }
    }
  }

  @Test(arguments: cases) func agreesWithTheDefinition(_ c: Case) {
    let x = Memory(random: c.planes * c.window.input.count, seed: 1)
    var (largest, places, means, paddedMeans) = ([Double](), [Int64](), [Double](), [Double]())
    Self.forEachWindow(c) { window, padded in
      let best = window.max { x.base[$0] < x.base[$1] }
      largest.append(best.map { Double(x.base[$0]) } ?? -.infinity)
      places.append(Int64(best ?? -1))
      let sum = window.reduce(0.0) { $0 + Double(x.base[$1]) }
      means.append(window.isEmpty ? 0 : sum / Double(window.count))
      paddedMeans.append(sum / Double(padded))
    }
    for platform in [Platform.serial, reversed(threads: 2)] {
      let out = Memory(count: largest.count)
      maxPool(platform, x.read, into: out.base, planes: c.planes, c.window)
      #expect(out.array.map { Double($0) } == largest)
      let indexed = Memory(count: largest.count)
      var indices = [Int64](repeating: -1, count: largest.count)
      indices.withUnsafeMutableBufferPointer {
        maxPool(platform, x.read, into: indexed.base, planes: c.planes, c.window, indices: $0.baseAddress!)
      }
      #expect(indexed.array == out.array)
      #expect(indices == places)
      averagePool(platform, x.read, into: out.base, planes: c.planes, c.window, includePadding: false)
      #expect(relativeDifference(out.array, means) < 1e-6)
      averagePool(platform, x.read, into: out.base, planes: c.planes, c.window, includePadding: true)
      #expect(relativeDifference(out.array, paddedMeans) < 1e-6)
      #expect(out.isIntact && indexed.isIntact)
    }
  }

  @Test func indicesMayCountColumnByColumn() {
    let x = Memory([1, 2, 3, 9, 5, 6])
    let out = Memory(count: 1)
    var index = [Int64](repeating: 0, count: 1)
    let window = Self.window(Extent(2, 3), Extent(2, 3))
    index.withUnsafeMutableBufferPointer {
      maxPool(.serial, x.read, into: out.base, planes: 1, window, indices: $0.baseAddress!, columnMajor: true)
    }
    #expect(index == [1])
  }

  @Test func globalPools() {
    for (planes, count) in [(0, 3), (1, 1), (3, 7), (5, 16), (2, 49), (300, 131)] {
      let x = Memory(random: planes * count, seed: 2)
      let means = (0..<planes).map { p in
        (0..<count).reduce(0.0) { $0 + Double(x.base[p * count + $1]) } / Double(count)
      }
      let largest = (0..<planes).map { p in (0..<count).map { x.base[p * count + $0] }.max()! }
      for platform in [Platform.serial, reversed(threads: 2)] {
        let out = Memory(count: planes)
        globalAveragePool(platform, x.read, into: out.base, planes: planes, count: count)
        #expect(relativeDifference(out.array, means) < 1e-6)
        globalMaxPool(platform, x.read, into: out.base, planes: planes, count: count)
        #expect(out.array == largest)
        #expect(out.isIntact)
      }
    }
  }
}
