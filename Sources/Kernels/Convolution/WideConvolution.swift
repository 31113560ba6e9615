import CKernels

extension Convolution {
  /// One item of the batch in the vectors of x86-64, with fused sums.
  func runWide(_ platform: Platform, _ image: Image, panels: UnsafeMutablePointer<Float>) {
    let positions = window.output.count
    let block = block
    let blocks = (positions + block - 1) / block
    let level = platform.vectors.rawValue
    guard platform.threadCount > 1, groups * filters * positions >= GemmBlock.splitWork / max(depth, 1) else {
      for group in 0..<groups {
        for i in 0..<blocks {
          runWide(
            level, image, group, i * block..<min(positions, i * block + block), 0..<filters, panels,
            platform.panelColumns)
        }
      }
      return
    }
    // Where positions and groups do not give every thread enough, filters are split too, but not by much: each piece
    // packs the columns again.
    let wanted = platform.threadCount * 2
    let most = max(1, filters / 24)
    let size = (filters + 11) / 12 * 12
    let pieces = min((wanted + blocks * groups - 1) / (blocks * groups), most)
    let rows = ((size + pieces - 1) / pieces + 11) / 12 * 12
    let parts = (filters + rows - 1) / rows
    let panelCount = panelCount
    platform.parallelFor(groups * blocks * parts) { task, slot in
      let (rest, part) = task.quotientAndRemainder(dividingBy: parts)
      let (group, i) = rest.quotientAndRemainder(dividingBy: blocks)
      runWide(
        level, image, group, i * block..<min(positions, i * block + block),
        part * rows..<min(filters, (part + 1) * rows), panels + slot * panelCount, platform.panelColumns)
    }
  }

  /// Some filters of one group at some positions.
  private func runWide(
    _ level: Int32, _ image: Image, _ group: Int, _ columns: Range<Int>, _ rows: Range<Int>,
    _ panels: UnsafeMutablePointer<Float>, _ panel: Int
  ) {
    let positions = window.output.count
    let k = depth
    let im2Col = image.im2Col.group(group, stride: image.groupStride)
    // The plane as one line, where the window is no more than that.
    let seen = im2Col.window
    let first = group * filters + rows.lowerBound
    let offset = first * positions + columns.lowerBound
    let weights = image.weights + (group * GemmPack.leftCount(m: filters, k: k) + rows.lowerBound * k)
    let end = WideEnd(image.epilogue.advanced(row: first, column: 0, offset: offset))
    let deep = GemmBlock.depth(of: k)
    let lastStride = GemmPack.width(panel, columns.count / panel * panel, columns.count)
    var k0 = 0
    repeat {
      let depth = min(deep, k - k0)
      var matrix = ck_floatColumns(
        source: im2Col.source, taps: im2Col.taps + k0, depth: depth, width: seen.output.w, height: seen.output.h,
        xStep: seen.stride.w, yStep: seen.stride.h * im2Col.rowStride, zStep: seen.stride.d * im2Col.planeStride)
      ck_packFloatColumns(level, &matrix, columns.lowerBound, columns.count, panels)
      var part = ck_floatBlock(
        rows: rows.count, columns: columns.count, depth: depth, a: weights + 4 * k0, aStride: 0,
        aPanelStride: 4 * k, b: panels, bStride: panel, bPanelStride: panel * depth,
        bLast: panels + columns.count / panel * panel * depth, bLastStride: lastStride, c: image.output + offset,
        ldc: positions, accumulate: k0 > 0 ? 1 : 0, end: nil)
      end.run(level, &part, finishes: k0 + depth == k)
      k0 += depth
    } while k0 < k
  }
}

extension Winograd {
  /// `multiply` in the vectors of x86-64, with fused sums.
  func multiplyWide(
    _ platform: Platform, _ weights: UnsafePointer<Float>, _ rows: Range<Int>, _ inputs: UnsafePointer<Float>,
    _ columns: Int, into products: UnsafeMutablePointer<Float>
  ) {
    let (k, panel) = (channels, platform.panelColumns)
    let whole = columns / panel * panel
    let deep = GemmBlock.depth(of: k)
    let end = WideEnd(Epilogue())
    for point in 0..<Winograd.points {
      let left = weights + (point &* GemmPack.leftCount(m: filters, k: k) &+ rows.lowerBound &* k)
      let right = inputs + point &* k &* chunk
      for k0 in stride(from: 0, to: k, by: deep) {
        var part = ck_floatBlock(
          rows: rows.count, columns: columns, depth: min(deep, k &- k0), a: left + 4 &* k0, aStride: 0,
          aPanelStride: 4 &* k, b: right + panel &* k0, bStride: panel, bPanelStride: panel &* k,
          bLast: right + (whole &* k &+ (columns &- whole) &* k0), bLastStride: columns &- whole,
          c: products + point &* Winograd.rows &* chunk, ldc: chunk, accumulate: k0 > 0 ? 1 : 0, end: nil)
        end.run(platform.vectors.rawValue, &part, finishes: false)
      }
    }
  }
}
