import CKernels

/// How wide the vectors are that a processor has, each level with all that is in those below it.
public enum VectorLevel: Int32, Comparable, CaseIterable, Sendable {
  /// 128 bits, as everywhere.
  case baseline
  /// AVX2 with FMA.
  case avx2
  /// AVX-512 with F, BW, DQ and VL.
  case avx512
  /// AVX-512 with sums of products of bytes.
  case vnni

  /// What this machine has. Where that is the baseline in any case, what asks for more is not compiled in.
  #if arch(x86_64)
    public static let detected = VectorLevel(rawValue: ck_vectorLevel()) ?? .baseline
  #else
    public static var detected: VectorLevel { .baseline }
  #endif

  public static func < (a: VectorLevel, b: VectorLevel) -> Bool { a.rawValue < b.rawValue }
}
