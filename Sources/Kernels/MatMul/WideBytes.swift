import CKernels

extension BytesProduct {
  /// C of some rows, four at a time, and panels of eight columns, in the widest vectors of x86-64.
  func runWide(_ quads: Range<Int>, _ panels: Range<Int>) {
    let (row, column) = (quads.lowerBound * 4, panels.lowerBound * 8)
    var block = ck_byteBlock(
      rows: min(m, quads.upperBound * 4) - row, columns: min(n, panels.upperBound * 8) - column, blocks: blocks,
      a: rows + row * 4 * blocks, b: b + column * 4 * blocks, c: c + (row * ldc + column), ldc: ldc,
      columnSums: columnSums + column, rowZeros: aZeros.map { aZeroPerRow ? $0 + row : $0 },
      rowZeroStep: aZeroPerRow ? 1 : 0, rowFlip: aSigned ? 0x80 : 0,
      rowSums: ends.isNeeded ? UnsafePointer(sums + row) : nil,
      columnZeros: ends.zeros.map { ends.perColumn ? $0 + column : $0 }, columnZeroStep: ends.perColumn ? 1 : 0,
      columnFlip: ends.signed ? 0 : 0x80)
    ck_multiplyBytes(&block)
  }
}

extension Platform {
  /// Products of bytes in eight columns, for processors that have sums of four in 512 bits alone.
  public static let wideDotBytes: DotBytes = { a, b, c, stride, quads, blocks in
    withUnsafePointer(to: (Int32(0), Int32(0), Int32(0), Int32(0), Int32(0), Int32(0), Int32(0), Int32(0))) { sums in
      var block = ck_byteBlock(
        rows: quads * 4, columns: 8, blocks: blocks, a: a, b: b, c: c, ldc: stride,
        columnSums: UnsafeRawPointer(sums).assumingMemoryBound(to: Int32.self), rowZeros: nil, rowZeroStep: 0,
        rowFlip: 0, rowSums: nil, columnZeros: nil, columnZeroStep: 0, columnFlip: 0)
      ck_multiplyBytes(&block)
    }
  }
}
