import Tensors

/// The operators that only passes write.
public enum FusedOperators {
  /// Their domain.
  public static let domain: Name = "apus"
}
