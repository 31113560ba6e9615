import Testing

@testable import Kernels

@Suite struct MomentsTests {
  struct Case: CustomTestStringConvertible {
    var rows: Int
    var count: Int
    var testDescription: String { "\(rows)x\(count)" }
  }
  static let cases = [
    Case(rows: 0, count: 4), Case(rows: 1, count: 1), Case(rows: 2, count: 3), Case(rows: 3, count: 4),
    Case(rows: 2, count: 5), Case(rows: 5, count: 16), Case(rows: 7, count: 17), Case(rows: 3, count: 131),
    Case(rows: 40, count: 384), Case(rows: 600, count: 64),
  ]
  static let platforms = [Platform.serial, reversed(threads: 3)]

  static func moments(_ x: ArraySlice<Float>) -> (Double, Double) {
    let mean = x.reduce(0.0) { $0 + Double($1) } / Double(x.count)
    return (mean, x.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(x.count))
  }

  @Test(arguments: cases) func layerNormalisation(_ c: Case) {
    let values = randomFloats(c.rows * c.count, seed: 1, scale: 3).map { $0 + 1 }
    let (scale, bias) = (Memory(random: c.count, seed: 2), Memory(random: c.count, seed: 3))
    for (withScale, withBias) in [(true, true), (true, false), (false, false)] {
      var want: [Double] = []
      var wantMeans: [Double] = []
      var wantInverse: [Double] = []
      for row in 0..<c.rows {
        let x = values[row * c.count..<(row + 1) * c.count]
        let (mean, variance) = Self.moments(x)
        let inverse = 1 / (variance + 1e-5).squareRoot()
        wantMeans.append(mean)
        wantInverse.append(inverse)
        for (i, x) in x.enumerated() {
          let y = (Double(x) - mean) * inverse * (withScale ? Double(scale.base[i]) : 1)
          want.append(y + (withBias ? Double(bias.base[i]) : 0))
        }
      }
      for platform in Self.platforms {
        let m = Memory(values)
        let (means, inverse) = (Memory(count: c.rows), Memory(count: c.rows))
        layerNorm(
          platform, m.read, into: m.base, rows: c.rows, count: c.count, scale: withScale ? scale.read : nil,
          bias: withBias ? bias.read : nil, epsilon: 1e-5, means: means.base, inverseDeviations: inverse.base)
        // One value alone has no variance: what is left is rounding, enlarged by 1 / √epsilon.
        #expect(relativeDifference(m.array, want) < 3e-6)
        #expect(relativeDifference(means.array, wantMeans) < 1e-6)
        #expect(relativeDifference(inverse.array, wantInverse) < 1e-6)
        #expect(m.isIntact && means.isIntact && inverse.isIntact)
      }
    }
  }

  @Test(arguments: cases) func rootMeanSquare(_ c: Case) {
    let values = randomFloats(c.rows * c.count, seed: 1, scale: 3)
    let scale = Memory(random: c.count, seed: 2)
    var want: [Double] = []
    for row in 0..<c.rows {
      let x = values[row * c.count..<(row + 1) * c.count]
      let square = x.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(c.count)
      for (i, x) in x.enumerated() { want.append(Double(x) / (square + 1e-6).squareRoot() * Double(scale.base[i])) }
    }
    for platform in Self.platforms {
      let m = Memory(values)
      rmsNorm(platform, m.read, into: m.base, rows: c.rows, count: c.count, scale: scale.read, epsilon: 1e-6)
      #expect(relativeDifference(m.array, want) < 2e-6)
      #expect(m.isIntact)
    }
  }

  @Test func groupsInstancesAndChannels() {
    for (batch, groups, channels, inner) in [(2, 3, 1, 7), (1, 2, 4, 5), (3, 1, 3, 16), (2, 5, 2, 1), (0, 2, 2, 2)] {
      let values = randomFloats(batch * groups * channels * inner, seed: 4)
      let scale = Memory(random: groups * channels, seed: 5)
      let bias = Memory(random: groups * channels, seed: 6)
      var want: [Double] = []
      for item in 0..<batch * groups {
        let x = values[item * channels * inner..<(item + 1) * channels * inner]
        let (mean, variance) = Self.moments(x)
        for (i, x) in x.enumerated() {
          let channel = item % groups * channels + i / inner
          let y = (Double(x) - mean) / (variance + 1e-3).squareRoot()
          want.append(y * Double(scale.base[channel]) + Double(bias.base[channel]))
        }
      }
      for platform in Self.platforms {
        let m = Memory(values)
        groupNorm(
          platform, m.read, into: m.base, batch: batch, groups: groups, channels: channels, inner: inner,
          scale: scale.read, bias: bias.read, epsilon: 1e-3)
        #expect(relativeDifference(m.array, want) < 2e-6)
        let affine = Memory(values)
        scaleChannels(
          platform, affine.read, into: affine.base, outer: batch, channels: groups * channels, inner: inner,
          scale: scale.read, shift: bias.read)
        let wantAffine = values.enumerated().map { i, x in
          let channel = i / inner % (groups * channels)
          return Double(x) * Double(scale.base[channel]) + Double(bias.base[channel])
        }
        #expect(relativeDifference(affine.array, wantAffine) < 1e-6)
        #expect(m.isIntact && affine.isIntact)
      }
    }
  }
}
