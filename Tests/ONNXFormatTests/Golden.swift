import ONNXFormat
import Tensors

/// Files written by the `onnx` package, to check that what we read is what others write.
enum Golden {
  /// What `tools/golden-model.py` prints.
  static let model = base64(
    """
    CAoSBmdvbGRlbhoBMTqsCgriAgoBeAoACgNyYXcSAXkaA2FsbCIKRXZlcnl0aGluZyoPCgVmbG9hdBUAAAA/oAEBKhMKA2ludBj9//////////8B
    oAECKhEKBnN0cmluZyIEdGV4dKABAyoWCgZ0ZW5zb3IqCQgBEAc6AQlCAKABBCoVCgZmbG9hdHM9AACAPz0AAIC/oAEGKh0KBGludHNAAUD/////
    //////8BQICAgICAIKABByoSCgdzdHJpbmdzSgFhSgFioAEIKhwKBHR5cGVyEQoPCAESCwoCCAEKAAoDEgFuoAENKkQKBnNwYXJzZaABC7IBNgoW
    CAIQASIIAABAQAAAgEBCBnNwYXJzZRIYCAIQBzoCAQVCDnNwYXJzZV9pbmRpY2VzGAIYAyoKCgVlbXB0eaABByoJCgR6ZXJvoAECKhYKCXJlZmVy
    ZW5jZaABAaoBBWFscGhhKgsKB3VudHlwZWQYBToEdGVzdEIBbwqxAQoEZmxhZxIBeiICSWYqUAoLZWxzZV9icmFuY2gyPgooEgFlIghDb25zdGFu
    dCoZCgV2YWx1ZSoNCAEQASIEAAAAQEIBZaABBBIBZWIPCgFlEgoKCAgBEgQKAggBoAEFKlAKC3RoZW5fYnJhbmNoMj4KKBIBdCIIQ29uc3RhbnQq
    GQoFdmFsdWUqDQgBEAEiBAAAgD9CAXSgAQQSAXRiDwoBdBIKCggIARIECgIIAaABBRIGZ29sZGVuKh0IAggCEAFCA3Jhd0oQAAAAAAAAgD8AAABA
    AABAQCoeCAMQASIMAADAPwAAAMAAAIA+QgpmbG9hdF9kYXRhKiMIAhALQgtkb3VibGVfZGF0YVIQnHUAiDzkN34AAAAAAADgvyorCAMQBioZ////
    ////////Af////8HgICAgPj/////AUIKaW50MzJfZGF0YSodCAMQAyoMgP//////////AQB/QglpbnQ4X2RhdGEqFwgCEAQqBP//AwFCC3VpbnQx
    Nl9kYXRhKhYIAhAKKgWAeICAA0IJaGFsZl9kYXRhKhQIAxAJKgMBAAFCCWJvb2xfZGF0YSoTCAMQFioCIQ9CCWludDRfZGF0YSomCAMQBzoUgICA
    gICAgICAAQD//////////39CCmludDY0X2RhdGEqGQgCEAxCC3VpbnQzMl9kYXRhWgb/////DwcqHggCEA1CC3VpbnQ2NF9kYXRhWgv/////////
    //8BByocCAEQDiIIAACAPwAAgL9CDGNvbXBsZXhfZGF0YSofCAMQCDIBYTIAMgdncsO2w59lQgtzdHJpbmdfZGF0YSoQEAEiBAAA4EBCBnNjYWxh
    cioPCAAIBBABQgdub3RoaW5nKkUIAhABQgdvdXRzaWRlahcKCGxvY2F0aW9uEgt3ZWlnaHRzLmJpbmoOCgZvZmZzZXQSBDQwOTZqCwoGbGVuZ3Ro
    EgE4cAFaGgoBeBIVChMIARIPCgcSBWJhdGNoCgIIAwoAWg4KBGZsYWcSBgoECAkSAFoQCgh1bnJhbmtlZBIECgIIAVoWCgRsaXN0Eg4iDAoKCggI
    CBIECgIIAloTCgVtYXliZRIKSggKBgoECAMSAFoVCgV0YWJsZRIMKgoIBxIGCgQIARIAYg8KAXkSCgoICAESBAoCCAFiDwoBehIKCggIARIECgII
    AWoVCgdiZXR3ZWVuEgoKCAgBEgQKAggFejYKFggCEAEiCAAAQEAAAIBAQgZzcGFyc2USGAgCEAc6AgEFQg5zcGFyc2VfaW5kaWNlcxgCGANCBAoA
    EBVCCAoEdGVzdBACQgsKB2FpLm9ubngQFHIOCgZhdXRob3ISBHRlc3TKAUgKBVR3aWNlIgFhKgFiMgRtdXN0Og4KAWEKAWESAWIiA0FkZEoECgAQ
    ElIEdGVzdFoPCgVhbHBoYRUAAIA+oAEBagZzZWNvbmQ=
    """)

  /// `numpy_helper.from_list([np.array([1, 2]), np.array([3])])`
  static let sequence = base64("CgFzEAEaFggCEAdKEAEAAAAAAAAAAgAAAAAAAAAaDggBEAdKCAMAAAAAAAAA")
  /// `numpy_helper.from_list([[np.array([1], np.int8)], []])`
  static let nestedSequence = base64("CgJzcxADKgsQARoHCAEQA0oBASoCEAE=")
  /// `numpy_helper.from_optional(np.array([1.5], np.float32))`
  static let optional = base64("CgFvEAEaCggBEAFKBAAAwD8=")
  /// `numpy_helper.from_optional(None)`
  static let emptyOptional = base64("CgFvEAA=")
  /// `numpy_helper.from_dict({1: np.float32(2), 5: np.float32(3)})`
  static let map = base64("CgFtEAcYARgFKhYQARoIEAFKBAAAAEAaCBABSgQAAEBA")

  private static func base64(_ text: String) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for character in text.utf8 {
      guard let value = alphabet.firstIndex(of: character) else { continue }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }
}
