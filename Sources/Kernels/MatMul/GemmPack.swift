/// How matrices are laid out for the tiles.
///
/// The right matrix B [K, N] becomes panels of eight columns, `[ceil(N / 8), K, 8]`; the left matrix A [M, K], where it
/// is packed, panels of four rows, `[ceil(M / 4), K, 4]`. What a last panel lacks is zero. Weights are packed once, a
/// run of rows or columns at a time, so that they can be streamed through a small buffer.
public enum GemmPack {
  public static let columns = 8
  public static let rows = 4

  /// f32 elements of a packed B [K, N].
  public static func rightCount(k: Int, n: Int) -> Int { (n + 7) / 8 * 8 * k }
  /// Columns of the panel that starts at `column`.
  static func width(_ panel: Int, _ column: Int, _ n: Int) -> Int { min(panel, (n &- column &+ 7) / 8 &* 8) }
  /// f32 elements of a packed A [M, K].
  public static func leftCount(m: Int, k: Int) -> Int { (m + 3) / 4 * 4 * k }
}

/// Packs rows `rows` and columns `columns` of B [K, N], given from the first of both on with `stride` elements between
/// rows, into `packed`, which is the whole packed B: panels of `panel` columns, `[ceil(N / panel), K, panel]`, the last
/// of only as many as N needs, in eights. `columns` starts at a multiple of `panel` and ends at one or at N.
public func packRight(
  _ source: UnsafePointer<Float>, stride: Int, rows: Range<Int>, columns: Range<Int>, k: Int, n: Int, panel: Int,
  into packed: UnsafeMutablePointer<Float>
) {
  assert(panel % GemmPack.columns == 0 && columns.lowerBound % panel == 0 && columns.upperBound <= n)
  if panel == GemmPack.columns {
    packRight(source, stride: stride, rows: rows, columns: columns, k: k, into: packed)
    return
  }
  for row in 0..<rows.count {
    var column = columns.lowerBound
    while column < columns.upperBound {
      let width = GemmPack.width(panel, column, n)
      let from = source + (row &* stride &+ column &- columns.lowerBound)
      let to = packed + (column &* k &+ (rows.lowerBound &+ row) &* width)
      let count = min(panel, columns.upperBound &- column)
      copyLanes(from, into: to, count: count)
      for i in count..<width { to[i] = 0 }
      column &+= panel
    }
  }
}

/// Packs columns `columns` of B [K, N] that is stored transposed, [N, K], given from the first of them on with
/// `stride` elements between columns, as panels of `panel` columns. `columns` starts at a multiple of `panel`.
public func packRightTransposed(
  _ source: UnsafePointer<Float>, stride: Int, columns: Range<Int>, k: Int, n: Int, panel: Int,
  into packed: UnsafeMutablePointer<Float>
) {
  assert(panel % GemmPack.columns == 0 && columns.lowerBound % panel == 0 && columns.upperBound <= n)
  var column = columns.lowerBound
  while column < columns.upperBound {
    let width = GemmPack.width(panel, column &- column % panel, n)
    let from = source + (column &- columns.lowerBound) &* stride
    let to = packed + ((column &- column % panel) &* k &+ column % panel)
    let count = min(4, columns.upperBound &- column)
    transposeInto(from, stride: stride, count: count, length: k, to: to, step: width)
    column &+= 4
    // What is missing of the last eight.
    if column >= columns.upperBound, column % 8 == 4 {
      transposeInto(from, stride: stride, count: 0, length: k, to: to + 4, step: width)
    }
  }
}

/// Packs rows `rows` and columns `columns` of B [K, N], given from the first of both on with `stride` elements between
/// rows, into `packed`, which is the whole packed B: `[ceil(N / 8), K, 8]`. `columns` starts at a multiple of 8 and ends
/// at one or at N.
public func packRight(
  _ source: UnsafePointer<Float>, stride: Int, rows: Range<Int>, columns: Range<Int>, k: Int,
  into packed: UnsafeMutablePointer<Float>
) {
  assert(rows.lowerBound >= 0 && rows.upperBound <= k && columns.lowerBound % 8 == 0)
  packPanels(
    source, stride: stride, rows: rows.count, columns: columns.count,
    into: packed + columns.lowerBound * k + rows.lowerBound * 8, panelStride: k * 8)
}

/// Packs rows of a matrix into panels of eight columns that are `panelStride` elements apart.
func packPanels(
  _ source: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, into packed: UnsafeMutablePointer<Float>,
  panelStride: Int
) {
  let whole = columns / 8
  for row in 0..<rows {
    var from = source + row * stride
    var to = packed + row * 8
    for _ in 0..<whole {
      store(load(from), to)
      store(load(from + 4), to + 4)
      from += 8
      to += panelStride
    }
    let rest = columns - whole * 8
    if rest > 0 {
      for i in 0..<8 { to[i] = i < rest ? from[i] : 0 }
    }
  }
}

/// Packs columns `columns` of B [K, N] that is stored transposed, [N, K], given from the first of them on with
/// `stride` elements between columns. `columns` starts at a multiple of 8.
public func packRightTransposed(
  _ source: UnsafePointer<Float>, stride: Int, columns: Range<Int>, k: Int, n: Int,
  into packed: UnsafeMutablePointer<Float>
) {
  assert(columns.lowerBound % 8 == 0 && columns.upperBound <= n)
  packPanelsTransposed(
    source, stride: stride, rows: k, columns: columns.count, into: packed + columns.lowerBound * k, panelStride: k * 8)
}

/// Packs `rows` elements of each of `columns` stored columns into panels of eight columns.
func packPanelsTransposed(
  _ source: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, into packed: UnsafeMutablePointer<Float>,
  panelStride: Int
) {
  var column = 0
  while column < columns {
    let from = source + column * stride
    let to = packed + column / 8 * panelStride
    let width = min(8, columns - column)
    transposeInto(from, stride: stride, count: min(4, width), length: rows, to: to, step: 8)
    transposeInto(
      from + min(4, width) * stride, stride: stride, count: max(0, width - 4), length: rows, to: to + 4, step: 8)
    column += 8
  }
}

/// Packs rows `rows` of A [M, K], given from the first of them on with `stride` elements between rows, into the whole
/// packed A. A row's values are multiplied by its element of `scales`, where there are scales: [M].
public func packLeft(
  _ source: UnsafePointer<Float>, stride: Int, rows: Range<Int>, m: Int, k: Int,
  scales: UnsafePointer<Float>? = nil, into packed: UnsafeMutablePointer<Float>
) {
  assert(rows.lowerBound >= 0 && rows.upperBound <= m)
  var row = rows.lowerBound
  while row < rows.upperBound {
    let from = source + (row - rows.lowerBound) * stride
    let to = packed + row / 4 * 4 * k
    let count = min(4, rows.upperBound - row)
    // The last panel's missing rows are written with its last row; a panel that is cut takes its rows one by one.
    if row % 4 == 0 && (count == 4 || row + count == m) {
      transposeInto(from, stride: stride, count: count, length: k, to: to, step: 4)
      if let scales {
        let factors = load(scales + row, count: count)
        for i in 0..<k { store(load(to + i * 4) * factors, to + i * 4) }
      }
      row += count
    } else {
      let scale = scales?[row] ?? 1
      for i in 0..<k { to[i * 4 + row % 4] = from[i] * scale }
      row += 1
      if row == m { zeroRows(from: m % 4 == 0 ? 4 : m % 4, of: to, k) }
    }
  }
}

/// Zero in the rows of a panel from `first` on.
private func zeroRows(from first: Int, of panel: UnsafeMutablePointer<Float>, _ k: Int) {
  for row in first..<4 { for i in 0..<k { panel[i * 4 + row] = 0 } }
}

/// Packs A [M, K] that is stored transposed, [K, M], with `stride` elements from one k to the next: rows `rows`,
/// depth `depth`, into panels of four rows that are `panelStride` elements apart.
func packLeftTransposed(
  _ source: UnsafePointer<Float>, stride: Int, rows: Int, depth: Int, into packed: UnsafeMutablePointer<Float>,
  panelStride: Int
) {
  for k in 0..<depth {
    var from = source + k * stride
    var to = packed + k * 4
    var row = 0
    while row + 4 <= rows {
      store(load(from), to)
      from += 4
      to += panelStride
      row += 4
    }
    if row < rows { store(load(from, count: rows - row), to) }
  }
}

/// Writes up to four rows of `length` as columns: to[i * step + r] = row r [i], zero for the rows that are not there.
@inline(__always)
private func transposeInto(
  _ source: UnsafePointer<Float>, stride: Int, count: Int, length: Int, to: UnsafeMutablePointer<Float>, step: Int
) {
  var i = 0
  if count == 4 {
    while i + 4 <= length {
      let (a, b, c, d) = transpose4(
        load(source + i), load(source + (i + stride)), load(source + (i + 2 * stride)), load(source + (i + 3 * stride)))
      store(a, to + i * step)
      store(b, to + (i + 1) * step)
      store(c, to + (i + 2) * step)
      store(d, to + (i + 3) * step)
      i += 4
    }
  }
  while i < length {
    for row in 0..<4 { to[i * step + row] = row < count ? source[row * stride + i] : 0 }
    i += 1
  }
}
