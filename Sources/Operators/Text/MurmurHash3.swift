import GraphIR
import Tensors

/// A hash of 32 bits of each element: of the bytes of a number, or of a text in UTF-8.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MurmurHash3>
struct MurmurHash3: OperatorKernel {
  private let seed: UInt32
  private let type: ElementType

  init(_ site: Site) throws(RuntimeError) {
    seed = UInt32(truncatingIfNeeded: try site.int64("seed", default: 0))
    type = try site.flag("positive", default: true) ? .uint32 : .int32
    site.types.answer = type
  }

  func infer(_ inputs: Facts) -> [Fact] { [inputs[0].with(type: type)] }

  func run(_ call: Call) {
    let (x, output) = (call.inputs[0], call.outputs[0].elements(UInt32.self))
    let width = x.type.byteWidth
    for i in 0..<x.count {
      if x.type == .string {
        output[i] = x.storage.strings[i].bytes.withUnsafeBytes { hash($0) }
      } else {
        output[i] = hash(UnsafeRawBufferPointer(start: x.bytes + i * width, count: width))
      }
    }
  }

  private func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var hash = seed
    let count = bytes.count
    for start in stride(from: 0, to: count, by: 4) {
      var word: UInt32 = 0
      for i in start..<min(start + 4, count) { word |= UInt32(bytes[i]) << UInt32(8 * (i - start)) }
      word = word &* 0xcc9e_2d51
      word = (word << 15 | word >> 17) &* 0x1b87_3593
      hash ^= word
      // Only whole words are stirred in.
      if start + 4 <= count { hash = (hash << 13 | hash >> 19) &* 5 &+ 0xe654_6b64 }
    }
    hash ^= UInt32(truncatingIfNeeded: count)
    hash = (hash ^ hash >> 16) &* 0x85eb_ca6b
    hash = (hash ^ hash >> 13) &* 0xc2b2_ae35
    return hash ^ hash >> 16
  }
}
