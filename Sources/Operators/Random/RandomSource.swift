import GraphIR
import Kernels
import Tensors

/// The random numbers of one node: SplitMix64, which goes on from run to run.
///
/// Without a seed, nodes of different names give different numbers; there is no hidden entropy, so that a model answers
/// the same on every host and in every new session.
final class RandomSource {
  private var state: UInt64

  init(_ site: Site) throws(RuntimeError) {
    // Dropout has an integer, the others a float.
    if case .int(let seed) = site.node.attributes[Name("seed")] {
      state = UInt64(bitPattern: seed)
    } else if site.has("seed") {
      state = UInt64(try site.float("seed", default: 0).bitPattern)
    } else {
      state = 0xcbf2_9ce4_8422_2325
      for byte in site.node.name.bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
  }

  private func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// At least 0 and below 1.
  func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Of mean 0 and deviation 1 (Box and Muller).
  func normal() -> Double {
    let radius = (-2 * CMath.log(1 - uniform())).squareRoot()
    return radius * CMath.cos(2 * Double.pi * uniform())
  }
}
