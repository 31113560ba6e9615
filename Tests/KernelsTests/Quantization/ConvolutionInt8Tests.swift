import NativePlatform
import Testing

@testable import Kernels

@Suite struct ConvolutionInt8Tests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var batch = 1
    var groups = 1
    /// Of one group.
    var channels: Int
    var filters: Int
    var input: Extent
    var kernel: Extent
    var stride = Extent.one
    var dilation = Extent.one
    var before = Extent.zero
    var after = Extent.zero

    var testDescription: String { name }

    var window: Window {
      let size = { (input: Int, kernel: Int, stride: Int, dilation: Int, pads: Int) in
        (input + pads - (kernel - 1) * dilation - 1) / stride + 1
      }
      return Window(
        input: input,
        output: Extent(
          size(input.d, kernel.d, stride.d, dilation.d, before.d + after.d),
          size(input.h, kernel.h, stride.h, dilation.h, before.h + after.h),
          size(input.w, kernel.w, stride.w, dilation.w, before.w + after.w)),
        kernel: kernel, stride: stride, dilation: dilation, before: before, after: after)
    }
  }

  static let one = Extent(0, 1, 1)
  static let cases = [
    Case(name: "no batch", batch: 0, channels: 2, filters: 3, input: Extent(4, 4), kernel: Extent(3, 3)),
    Case(name: "no channels", channels: 0, filters: 3, input: Extent(4, 4), kernel: Extent(3, 3)),
    Case(name: "pointwise", batch: 2, channels: 13, filters: 30, input: Extent(7, 7), kernel: .one),
    Case(name: "pointwise, many", channels: 33, filters: 70, input: Extent(40, 41), kernel: .one),
    Case(name: "pointwise stride", channels: 5, filters: 6, input: Extent(8, 9), kernel: .one, stride: Extent(2, 2)),
    Case(
      name: "three by three", batch: 2, channels: 3, filters: 9, input: Extent(9, 12), kernel: Extent(3, 3),
      before: one, after: one),
    Case(
      name: "uneven", channels: 2, filters: 5, input: Extent(7, 23), kernel: Extent(2, 5), stride: Extent(3, 2),
      dilation: Extent(2, 3), before: Extent(0, 1, 4), after: Extent(0, 0, 2)),
    Case(
      name: "groups", batch: 2, groups: 3, channels: 2, filters: 5, input: Extent(6, 6), kernel: Extent(3, 3),
      before: one, after: one),
    Case(
      name: "line", channels: 3, filters: 4, input: Extent(70), kernel: Extent(5), stride: Extent(2),
      before: Extent(0, 0, 2), after: Extent(0, 0, 1)),
    Case(
      name: "volume", channels: 2, filters: 3, input: Extent(4, 5, 6), kernel: Extent(2, 3, 2),
      stride: Extent(1, 2, 1), before: Extent(1, 1, 1), after: Extent(0, 1, 1)),
    Case(
      name: "more padding than input", channels: 2, filters: 3, input: Extent(1, 2), kernel: Extent(2, 2),
      before: Extent(0, 3, 3), after: Extent(0, 3, 3)),
    Case(
      name: "depthwise", batch: 2, groups: 5, channels: 1, filters: 1, input: Extent(9, 19), kernel: Extent(3, 3),
      before: one, after: one),
    Case(
      name: "depthwise stride", groups: 3, channels: 1, filters: 1, input: Extent(14, 35), kernel: Extent(3, 3),
      stride: Extent(2, 2), before: one, after: one),
    Case(
      name: "depthwise stride, even", groups: 3, channels: 1, filters: 1, input: Extent(14, 34), kernel: Extent(3, 3),
      stride: Extent(2, 2), after: one),
    Case(
      name: "depthwise five", groups: 2, channels: 1, filters: 2, input: Extent(7, 7), kernel: Extent(5, 5),
      before: Extent(0, 2, 2), after: Extent(0, 2, 2)),
    Case(
      name: "depthwise, uneven", groups: 2, channels: 1, filters: 3, input: Extent(9, 30), kernel: Extent(2, 3),
      stride: Extent(1, 3), dilation: Extent(2, 4), before: Extent(0, 1, 5), after: Extent(0, 2, 1)),
    Case(
      name: "depthwise line", groups: 4, channels: 1, filters: 1, input: Extent(50), kernel: Extent(4),
      before: Extent(0, 0, 3)),
    Case(
      name: "depthwise, many", groups: 60, channels: 1, filters: 1, input: Extent(20, 20), kernel: Extent(3, 3),
      before: one, after: one),
  ]

  /// Both types on both sides, zero points for all and for each filter, by pairs and by fours, on one thread and three.
  @Test(arguments: cases) func isExact(_ c: Case) {
    let window = c.window
    let (channels, filters) = (c.groups * c.channels, c.groups * c.filters)
    let depth = c.channels * window.kernel.count
    let x = GemmInt8Tests.bytes(c.batch * channels * window.input.count, seed: 1)
    let w = GemmInt8Tests.bytes(filters * depth, seed: 2)
    let (xZero, wZeros) = (GemmInt8Tests.bytes(1, seed: 3), GemmInt8Tests.bytes(filters, seed: 4))
    let isDepthwise = c.groups > 1 && c.channels == 1
    for (xSigned, wSigned) in [(false, false), (false, true), (true, false), (true, true)] {
      for (hasZeros, perFilter) in [(false, false), (true, false), (true, true)] {
        let want = sums(
          c, x, xSigned, hasZeros ? xZero[0] : 0, w, wSigned, hasZeros ? wZeros : nil, perFilter: perFilter)
        for platform in GemmInt8Tests.platforms {
          let group = Int8Pack.group(platform)
          let byteCount =
            isDepthwise
            ? DepthwiseInt8.packedByteCount(filters: filters, kernelCount: depth)
            : ConvolutionInt8.packedByteCount(groups: c.groups, filters: c.filters, depth: depth, group: group)
          let matrix = ConvolutionInt8(
            batch: c.batch, groups: c.groups, channels: c.channels, filters: c.filters, window: window)
          let scratchCount: Int
          if isDepthwise {
            scratchCount = DepthwiseInt8(
              batch: c.batch, channels: c.groups, multiplier: c.filters, window: window
            ).scratchByteCount(threadCount: platform.threadCount)
          } else {
            scratchCount = matrix.scratchByteCount(threadCount: platform.threadCount)
          }
          var packed = [UInt8](repeating: 77, count: byteCount + 16)
          var scratch = [UInt8](repeating: 99, count: scratchCount + 16)
          var out = [Int32](repeating: -1, count: want.count + 4)
          packed.withUnsafeMutableBytes { packed in
            scratch.withUnsafeMutableBytes { scratch in
              out.withUnsafeMutableBytes { out in
                x.withUnsafeBytes { x in
                  let (packed, scratch) = (packed.baseAddress!, scratch.baseAddress!)
                  let input = ConvolutionInt8.Input(
                    x.baseAddress ?? UnsafeRawPointer(packed), isSigned: xSigned, zero: hasZeros ? xZero : nil)
                  // In two parts, the second from the middle of a panel where there are no groups.
                  let half = c.groups == 1 ? filters / 2 / 4 * 4 : c.groups / 2 * c.filters
                  for range in [0..<half, half..<filters] {
                    let part = Array(w[range.lowerBound * depth..<range.upperBound * depth]) + [0]
                    if isDepthwise {
                      DepthwiseInt8.packWeights(
                        part, filters: range, kernelCount: depth, signed: wSigned, zeros: hasZeros ? wZeros : nil,
                        zeroPerFilter: perFilter, into: packed)
                    } else {
                      ConvolutionInt8.packWeights(
                        part, filters: range, filters: c.filters, depth: depth, signed: wSigned,
                        zeros: hasZeros ? wZeros : nil, zeroPerFilter: perFilter, group: group, into: packed)
                    }
                  }
                  let end = FilterEnd(out.baseAddress!)
                  if isDepthwise {
                    DepthwiseInt8(batch: c.batch, channels: c.groups, multiplier: c.filters, window: window).run(
                      platform, input, packedWeights: packed, end, scratch: scratch)
                  } else {
                    matrix.run(platform, input, packedWeights: packed, end, scratch: scratch)
                  }
                }
              }
            }
          }
          let name = "x \(xSigned) w \(wSigned) zeros \(hasZeros) \(perFilter) by \(group) on \(platform.threadCount)"
          #expect(Array(out.dropLast(4)) == want, "\(name)")
          #expect(out.suffix(4).allSatisfy { $0 == -1 }, "\(name)")
          #expect(packed.suffix(16).allSatisfy { $0 == 77 }, "\(name)")
          #expect(scratch.suffix(16).allSatisfy { $0 == 99 }, "\(name)")
        }
      }
    }
  }

  private func sums(
    _ c: Case, _ x: [UInt8], _ xSigned: Bool, _ xZero: UInt8, _ w: [UInt8], _ wSigned: Bool, _ wZeros: [UInt8]?,
    perFilter: Bool
  ) -> [Int32] {
    let value = { (x: UInt8, signed: Bool) in signed ? Int32(Int8(bitPattern: x)) : Int32(x) }
    let window = c.window
    let (size, output, kernel) = (window.input, window.output, window.kernel)
    var sums: [Int32] = []
    for batch in 0..<c.batch {
      for filter in 0..<c.groups * c.filters {
        let w0 = value(wZeros?[perFilter ? filter : 0] ?? 0, wSigned)
        for position in 0..<output.count {
          let (z, y, o) = (position / output.w / output.h, position / output.w % output.h, position % output.w)
          var sum: Int32 = 0
          for channel in 0..<c.channels {
            for tap in 0..<kernel.count {
              let (kz, ky, kx) = (tap / kernel.w / kernel.h, tap / kernel.w % kernel.h, tap % kernel.w)
              let fromZ = z * window.stride.d + kz * window.dilation.d - window.before.d
              let fromY = y * window.stride.h + ky * window.dilation.h - window.before.h
              let fromX = o * window.stride.w + kx * window.dilation.w - window.before.w
              guard fromZ >= 0, fromZ < size.d, fromY >= 0, fromY < size.h, fromX >= 0, fromX < size.w else { continue }
              let plane = (batch * c.groups + filter / c.filters) * c.channels + channel
              let element = x[((plane * size.d + fromZ) * size.h + fromY) * size.w + fromX]
              let weight = w[(filter * c.channels + channel) * kernel.count + tap]
              sum += (value(element, xSigned) - value(xZero, xSigned)) * (value(weight, wSigned) - w0)
            }
          }
          sums.append(sum)
        }
      }
    }
    return sums
  }
}
