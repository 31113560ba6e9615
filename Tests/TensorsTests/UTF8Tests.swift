import Testing

@testable import Tensors

@Suite struct UTF8Tests {
  @Test func textStaysAsItIs() {
    for text in ["", "plain", "a\0b", "é", "ÿĀ߿ࠀ", "\u{ffff}", "😀", "x😀y", "\u{10ffff}"] {
      #expect(Name(text: text).wellFormed == Name(text: text))
    }
  }

  /// Swift's own `String` cuts malformed parts as the Encoding Standard does: bytes at the borders of every rule, in all
  /// sequences of up to four.
  @Test func malformedPartsAreReplacedAsStringReplacesThem() {
    let borders: [UInt8] = [
      0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4, 0xf5,
      0xff,
    ]
    var differing = 0
    for a in borders {
      for b in borders {
        for c in borders {
          for d in borders {
            let bytes = [a, b, c, d]
            if Name(bytes).wellFormed.bytes != Array(String(decoding: bytes, as: UTF8.self).utf8) { differing += 1 }
          }
        }
      }
    }
    #expect(differing == 0)
    #expect(Name([0xe2, 0x82]).wellFormed.bytes == [0xef, 0xbf, 0xbd])
  }
}
