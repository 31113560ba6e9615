/// A convolution by kernels of three by three at stride 1, [batch, channels, height, width] with [filters, channels, 3,
/// 3], that multiplies a quarter as often: four by four outputs come from 36 products for each channel instead of 144.
///
/// Winograd's minimal filtering with the points 0, ±√½, ±√2 and ∞, whose rounding errors are about twice those of plain
/// sums (measured; 0, ±1, ±2 would be five times). Tiles of six by six inputs are transformed, multiplied with the
/// transformed weights as 36 products of matrices, and transformed back.
public struct Winograd {
  public var batch: Int
  public var channels: Int
  public var filters: Int
  public var window: Window

  public init(batch: Int, channels: Int, filters: Int, window: Window) {
    assert(window.kernel == Extent(3, 3) && window.stride == .one && window.dilation == .one && channels > 0)
    self.batch = batch
    self.channels = channels
    self.filters = filters
    self.window = window
  }

  /// Whether weights [filters, channels, 3, 3] are worth it: with few channels the transformations cost more than the
  /// products save, and with many the weights, four times as large, more than that.
  public static func suits(filters: Int, channels: Int) -> Bool {
    channels >= 16 && filters >= 16 && channels.multipliedReportingOverflow(by: filters).partialValue <= 1 << 16
      && channels <= 1 << 12 && filters <= 1 << 12
  }

  static let points = 36
  /// Filters whose products are at hand at once.
  static let rows = 16
  /// f32 elements of transformed inputs that stay in a second-level cache.
  private static let chunkCount = 3 << 16

  // MARK: Weights

  /// f32 elements of the packed weights, `[36, ceil(filters / 4), channels, 4]`.
  public static func packedCount(filters: Int, channels: Int) -> Int {
    points * GemmPack.leftCount(m: filters, k: channels)
  }

  /// Packs the weights of some filters, given from the first of them on; a filter's weights are multiplied by its
  /// element of `scales`, where there are any.
  public static func packWeights(
    _ source: UnsafePointer<Float>, filters range: Range<Int>, filters: Int, channels: Int,
    scales: UnsafePointer<Float>? = nil, into packed: UnsafeMutablePointer<Float>
  ) {
    let pointStride = GemmPack.leftCount(m: filters, k: channels)
    var quad = range.lowerBound / 4 * 4
    while quad < range.upperBound {
      let here = max(quad, range.lowerBound)..<min(quad + 4, range.upperBound)
      let isWhole = here.lowerBound == quad && (here.count == 4 || here.upperBound == filters)
      var scale = Four(repeating: 1)
      if let scales { for filter in here { scale[filter - quad] = Double(scales[filter]) } }
      for channel in 0..<channels {
        let from = source + ((here.lowerBound - range.lowerBound) * channels + channel) * 9
        /// One weight of each filter; 0 of those that are not there.
        let weight = { (i: Int) in
          var four = Four(repeating: 0)
          for filter in here { four[filter - quad] = Double(from[(filter - here.lowerBound) * channels * 9 + i]) }
          return four * scale
        }
        // G · w · Gᵀ
        let top = along(weight(0), weight(1), weight(2))
        let middle = along(weight(3), weight(4), weight(5))
        let bottom = along(weight(6), weight(7), weight(8))
        let to = packed + (quad * channels + channel * 4)
        let put = { (column: Int, x: Four, y: Four, z: Four) in
          let six = along(x, y, z)
          let place = { (row: Int, four: Four) in
            let to = to + (row * 6 + column) * pointStride
            if isWhole {
              store(Lanes(four), to)
            } else {
              // Behind the last filter there are zeros.
              let end = here.upperBound == filters ? quad + 4 : here.upperBound
              for filter in here.lowerBound..<end { to[filter - quad] = Float(four[filter - quad]) }
            }
          }
          place(0, six.0)
          place(1, six.1)
          place(2, six.2)
          place(3, six.3)
          place(4, six.4)
          place(5, six.5)
        }
        put(0, top.0, middle.0, bottom.0)
        put(1, top.1, middle.1, bottom.1)
        put(2, top.2, middle.2, bottom.2)
        put(3, top.3, middle.3, bottom.3)
        put(4, top.4, middle.4, bottom.4)
        put(5, top.5, middle.5, bottom.5)
      }
      quad += 4
    }
  }

  /// The weights of four filters at one place.
  private typealias Four = SIMD4<Double>

  /// G times a vector.
  @inline(__always)
  private static func along(_ x: Four, _ y: Four, _ z: Four) -> (Four, Four, Four, Four, Four, Four) {
    let (outer, near) = ((x + z * 0.5) * (-2.0 / 3), y * (-2.0 / 3 * 0.707106781186547524))
    let (inner, far) = ((x + z * 2) * (1.0 / 6), y * (1.414213562373095049 / 6))
    return (x, outer + near, outer - near, inner + far, inner - far, z)
  }

  // MARK: Sizes

  private var tilesHigh: Int { (window.output.h + 3) / 4 }
  private var tilesWide: Int { (window.output.w + 3) / 4 }
  private var tiles: Int { tilesHigh * tilesWide }
  /// The same window over whole tiles.
  private var padded: Window {
    var window = window
    window.output = Extent(tilesHigh * 4, tilesWide * 4)
    return window
  }
  private var planeCount: Int { padded.reach.count }
  /// A vector may start at the last but one column of a tile.
  private var paddedCount: Int { (channels * planeCount + 2 + 15) / 16 * 16 }
  /// Tiles in a chunk, in eights.
  var chunk: Int {
    min((tiles + 7) / 8 * 8, max(8, Winograd.chunkCount / (Winograd.points * max(channels, 1)) / 8 * 8))
  }
  private var inputCount: Int { Winograd.points * channels * chunk }
  private var productCount: Int { Winograd.points * Winograd.rows * chunk }

  /// f32 elements of scratch that `run` needs on `threadCount` threads.
  public func scratchCount(threadCount: Int) -> Int { paddedCount + inputCount + productCount * threadCount }

  // MARK: Running

  /// Bias, where there is one, is [filters]; an addend has the output's shape.
  public func run(
    _ platform: Platform, _ input: UnsafePointer<Float>, packedWeights: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue, scratch: UnsafeMutablePointer<Float>
  ) {
    let count = window.output.count
    guard batch * filters > 0, count > 0 else { return }
    let work = channels * filters * tiles * Winograd.points
    let platform = work >= GemmBlock.splitWork ? platform : platform.alone
    let panel = platform.panelColumns
    let (padded, planeCount, chunk) = (padded, planeCount, chunk)
    let inputs = scratch + paddedCount
    let products = inputs + inputCount
    let pieces = (filters + Winograd.rows - 1) / Winograd.rows
    for item in 0..<batch {
      let source = input + item * channels * window.input.count
      platform.parallelRanges(channels, grain: 16) { range in
        for channel in range {
          padPlane(source + channel * window.input.count, into: scratch + channel * planeCount, padded)
        }
      }
      var first = 0
      while first < tiles {
        let tiles = first..<min(first + chunk, tiles)
        platform.parallelRanges(channels, grain: 16) { range in
          transform(UnsafePointer(scratch), range, tiles, panel, into: inputs)
        }
        platform.parallelFor(pieces) { piece, slot in
          let rows = piece * Winograd.rows..<min(filters, (piece + 1) * Winograd.rows)
          let products = products + slot * productCount
          let columns = (tiles.count + 7) / 8 * 8
          if panel == GemmPack.columns {
            multiply(packedWeights, rows, UnsafePointer(inputs), columns, into: products)
          } else {
            multiplyWide(platform, packedWeights, rows, UnsafePointer(inputs), columns, into: products)
          }
          for filter in rows {
            let offset = (item * filters + filter) * count
            var end = epilogue
            end.bias = epilogue.bias.map { $0 + filter }
            end.addend = epilogue.addend.map { $0 + offset }
            transformBack(
              UnsafePointer(products + (filter - rows.lowerBound) * chunk), tiles, into: output + offset, end)
          }
        }
        first += chunk
      }
    }
    if epilogue.activation != .clamp {
      platform.parallelRanges(batch * filters, grain: max(1, 16384 / count)) { range in
        activate(
          output + range.lowerBound * count, ldc: count, rows: range.count, columns: count, epilogue)
      }
    }
  }

  /// Where a tile of the output begins in a plane whose rows are `stride` apart.
  @inline(__always)
  private func offset(_ tile: Int, _ stride: Int) -> Int {
    let (row, column) = min(tile, tiles &- 1).quotientAndRemainder(dividingBy: tilesWide)
    return 4 &* (row &* stride &+ column)
  }

  /// Some channels of some tiles, as the panels of 36 right matrices: `[36, tiles / panel, channels, panel]`. A last
  /// panel that is narrower has a multiple of eight columns.
  private func transform(
    _ source: UnsafePointer<Float>, _ channels: Range<Int>, _ tiles: Range<Int>, _ panel: Int,
    into inputs: UnsafeMutablePointer<Float>
  ) {
    let stride = padded.reach.w
    let planeCount = planeCount
    let pointStride = self.channels &* chunk
    var tile = tiles.lowerBound
    var first = inputs
    while tile < tiles.upperBound {
      let width = GemmPack.width(panel, tile, tiles.upperBound)
      var column = 0
      while column < width {
        let at = tile &+ column
        let o0 = offset(at, stride)
        let (o1, o2, o3) = (offset(at &+ 1, stride), offset(at &+ 2, stride), offset(at &+ 3, stride))
        var from = source + channels.lowerBound &* planeCount
        var to = first + (channels.lowerBound &* width &+ column)
        for _ in channels {
          transformFour(from + o0, from + o1, from + o2, from + o3, stride, into: to, pointStride)
          from += planeCount
          to += width
        }
        column &+= 4
      }
      first += width &* self.channels
      tile &+= width
    }
  }

  /// Four tiles of one channel: Bᵀ · d · B.
  @inline(never)
  private func transformFour(
    _ p0: UnsafePointer<Float>, _ p1: UnsafePointer<Float>, _ p2: UnsafePointer<Float>, _ p3: UnsafePointer<Float>,
    _ stride: Int, into to: UnsafeMutablePointer<Float>, _ pointStride: Int
  ) {
    var buffer = TileBuffer()
    withUnsafeMutablePointer(to: &buffer) { buffer in
      let rows = UnsafeMutableRawPointer(buffer).assumingMemoryBound(to: Float.self)
      var at = 0
      for row in 0..<6 {
        let (d0, d1, d2, d3) = transpose4(load(p0 + at), load(p1 + at), load(p2 + at), load(p3 + at))
        let (d4, d5, _, _) = transpose4(
          load(p0 + (at &+ 4)), load(p1 + (at &+ 4)), load(p2 + (at &+ 4)), load(p3 + (at &+ 4)))
        storeSix(Winograd.input(d0, d1, d2, d3, d4, d5), rows + 24 &* row, 4)
        at &+= stride
      }
      var to = to
      for column in 0..<6 {
        let from = UnsafePointer(rows) + 4 &* column
        storeSix(
          Winograd.input(
            load(from), load(from + 24), load(from + 48), load(from + 72), load(from + 96), load(from + 120)), to,
          6 &* pointStride)
        to += pointStride
      }
    }
  }

  private typealias Six = (Lanes, Lanes, Lanes, Lanes, Lanes, Lanes)

  @inline(__always)
  private func storeSix(_ x: Six, _ to: UnsafeMutablePointer<Float>, _ step: Int) {
    store(x.0, to)
    store(x.1, to + step)
    store(x.2, to + 2 &* step)
    store(x.3, to + 3 &* step)
    store(x.4, to + 4 &* step)
    store(x.5, to + 5 &* step)
  }

  /// Bᵀ times a vector.
  @inline(__always)
  private static func input(_ d0: Lanes, _ d1: Lanes, _ d2: Lanes, _ d3: Lanes, _ d4: Lanes, _ d5: Lanes) -> Six {
    let (half, five) = (Lanes(repeating: 0.5), Lanes(repeating: 2.5))
    let even = d4 - (d2 + d2)
    let odd = (d3 - (d1 + d1)) * Lanes(repeating: 0.70710678)
    let evenHalf = d4 - d2 * half
    let oddHalf = (d3 - d1 * half) * Lanes(repeating: 1.4142135)
    return (
      (d0 + d4) - d2 * five, even + odd, even - odd, evenHalf + oddHalf, evenHalf - oddHalf, (d1 + d5) - d3 * five
    )
  }

  /// 36 products of some rows of weights with `columns` tiles: `[36, 16 rows, chunk]`.
  private func multiply(
    _ weights: UnsafePointer<Float>, _ rows: Range<Int>, _ inputs: UnsafePointer<Float>, _ columns: Int,
    into products: UnsafeMutablePointer<Float>
  ) {
    let k = channels
    let deep = GemmBlock.depth(of: k)
    let weightStride = GemmPack.leftCount(m: filters, k: k)
    for point in 0..<Winograd.points {
      var k0 = 0
      while k0 < k {
        let depth = min(deep, k &- k0)
        let part = GemmDepth(
          depth: depth, accumulate: k0 > 0, finish: false, panelStride: 8 &* k, leftStride: 4 &* k)
        part.run(
          rows: rows.count, columns: columns, weights + (point &* weightStride &+ rows.lowerBound &* k &+ 4 &* k0), 0,
          inputs + (point &* k &* chunk &+ 8 &* k0), products + point &* Winograd.rows &* chunk, chunk, Epilogue())
        k0 &+= depth
      }
    }
  }

  /// One filter's products back to its plane, four tiles at a time: Aᵀ · m · A, and the end of it.
  @inline(never)
  private func transformBack(
    _ products: UnsafePointer<Float>, _ tiles: Range<Int>, into plane: UnsafeMutablePointer<Float>,
    _ epilogue: Epilogue
  ) {
    let pointStride = Winograd.rows &* chunk
    let alpha = Lanes(repeating: epilogue.alpha)
    let bias = Lanes(repeating: epilogue.bias?.pointee ?? 0)
    let clamps = epilogue.activation == .clamp
    let low = Lanes(repeating: clamps ? epilogue.low : -.infinity)
    let high = Lanes(repeating: clamps ? epilogue.high : .infinity)
    var buffer = TileBuffer()
    withUnsafeMutablePointer(to: &buffer) { buffer in
      let rows = UnsafeMutableRawPointer(buffer).assumingMemoryBound(to: Float.self)
      var tile = tiles.lowerBound
      var from = products
      while tile < tiles.upperBound {
        for column in 0..<6 {
          let p = from + column &* pointStride
          let y = Winograd.output(p, 6 &* pointStride)
          let to = rows + 4 &* column
          store(y.0, to)
          store(y.1, to + 24)
          store(y.2, to + 48)
          store(y.3, to + 72)
        }
        for row in 0..<4 {
          let y = Winograd.output(UnsafePointer(rows) + 24 &* row, 4)
          let z = transpose4(
            (y.0 * alpha) + bias, (y.1 * alpha) + bias, (y.2 * alpha) + bias, (y.3 * alpha) + bias)
          put(z.0, tile, row, tiles, plane, epilogue.addend, low, high)
          put(z.1, tile &+ 1, row, tiles, plane, epilogue.addend, low, high)
          put(z.2, tile &+ 2, row, tiles, plane, epilogue.addend, low, high)
          put(z.3, tile &+ 3, row, tiles, plane, epilogue.addend, low, high)
        }
        tile &+= 4
        from += 4
      }
    }
  }

  /// Aᵀ times a vector.
  @inline(__always)
  private static func output(_ m: UnsafePointer<Float>, _ step: Int) -> (Lanes, Lanes, Lanes, Lanes) {
    let (m1, m2, m3, m4) = (load(m + step), load(m + 2 &* step), load(m + 3 &* step), load(m + 4 &* step))
    let (sum, difference) = (m1 + m2, (m1 - m2) * Lanes(repeating: 0.70710678))
    let (sum2, difference2) = (m3 + m4, (m3 - m4) * Lanes(repeating: 1.4142135))
    let half = Lanes(repeating: 0.5)
    return (
      load(m) + (sum + sum2), difference + difference2, sum * half + (sum2 + sum2),
      (difference * half + (difference2 + difference2)) + load(m + 5 &* step)
    )
  }

  /// Four outputs of one row of a tile, where they are in the plane.
  @inline(__always)
  private func put(
    _ value: Lanes, _ tile: Int, _ row: Int, _ tiles: Range<Int>, _ plane: UnsafeMutablePointer<Float>,
    _ addend: UnsafePointer<Float>?, _ low: Lanes, _ high: Lanes
  ) {
    guard tile < tiles.upperBound else { return }
    let (down, across) = tile.quotientAndRemainder(dividingBy: tilesWide)
    let (y, x) = (4 &* down &+ row, 4 &* across)
    guard y < window.output.h else { return }
    let at = y &* window.output.w &+ x
    let count = min(4, window.output.w &- x)
    var value = value
    if let addend { value += count == 4 ? load(addend + at) : load(addend + at, count: count) }
    value = value.atLeast(low).atMost(high)
    if count == 4 { store(value, plane + at) } else { store(value, plane + at, count: count) }
  }
}

/// Room for six by six vectors.
private struct TileBuffer {
  typealias Four = SIMD16<Float>
  var vectors = (Four(), Four(), Four(), Four(), Four(), Four(), Four(), Four(), Four())
}
