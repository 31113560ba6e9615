import Tensors
import TestSupport
import Testing

@Suite struct MatMulNBitsTests {
  /// Every width and kind of zero point against products of the values written out, K not a multiple of the block.
  @Test(arguments: [2, 4, 8]) func widths(bits: Int) {
    let (k, n, block) = (40, 9, 16)
    let blocks = (k + block - 1) / block
    let quantum = { (i: Int) -> Int in (i * 7 + 3) % (1 << bits) }
    let scales = (0..<(n * blocks)).map { Float($0 % 5 + 1) / 16 }
    let packed = pack((0..<(n * blocks * block)).map(quantum), bits)
    for rows in [1, 2, 9] {
      let a = (0..<(rows * k)).map { Float(($0 * 13) % 17) / 8 - 1 }
      for kind in ["default", "packed", "float"] {
        let zero = { (i: Int) -> Float in
          kind == "default" ? Float(1 << (bits - 1)) : kind == "packed" ? Float((i % 3) % (1 << bits)) : Float(i) / 4
        }
        let expected = (0..<(rows * n)).map { i -> Float in
          let (row, column) = (i / n, i % n)
          return (0..<k).reduce(0) { sum, j in
            let place = column * blocks + j / block
            let value = Float(quantum(place * block + j % block)) - zero(place)
            return sum + a[row * k + j] * value * scales[place]
          } + Float(column)
        }
        let zeros: Tensor? =
          switch kind {
          case "default": nil
          case "packed": zeroBytes(n, blocks, bits) { Int(zero($0)) }
          default: .float32([n, blocks], (0..<(n * blocks)).map(zero))
          }
        check([
          Case(
            "\(bits) bits, \(rows) rows, \(kind)", "MatMulNBits", domain: "com.microsoft", opset: 1,
            [
              .float32([rows, k], a), .uint8([n, blocks, block * bits / 8], packed), .float32([n, blocks], scales),
              zeros,
              nil, .ramp([n]),
            ],
            [
              ("K", .int(Int64(k))), ("N", .int(Int64(n))), ("bits", .int(Int64(bits))),
              ("block_size", .int(Int64(block))),
            ],
            gives: [.float32([rows, n], expected)], relative: 1e-3, absolute: 2e-3)
        ])
      }
    }
  }

  private func pack(_ values: [Int], _ bits: Int) -> [UInt8] {
    let perByte = 8 / bits
    return (0..<((values.count + perByte - 1) / perByte)).map { byte in
      (0..<perByte).reduce(UInt8(0)) { sum, i in
        let at = byte * perByte + i
        return sum | (at < values.count ? UInt8(values[at]) << UInt8(i * bits) : 0)
      }
    }
  }

  private func zeroBytes(_ n: Int, _ blocks: Int, _ bits: Int, _ zero: (Int) -> Int) -> Tensor {
    let rows = (0..<n).map { row in pack((0..<blocks).map { zero(row * blocks + $0) }, bits) }
    return .uint8([n, rows[0].count], rows.flatMap { $0 })
  }
}
