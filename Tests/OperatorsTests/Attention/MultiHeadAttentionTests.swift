import Apus
import Tensors
import TestSupport
import Testing

@Suite struct MultiHeadAttentionTests {
  @Test func asReferenceRuntime() {
    check([
      Case(
        "plain", "MultiHeadAttention", domain: "com.microsoft", opset: 1,
        [
          .text(
            .float32, [1, 2, 8],
            """
            0.46 1.06 0.289 -0.208 -1.39 0.187 0.415 2.04 0.586 0.0992 0.389 0.458 2.15 -0.746 -0.416 -0.529
            """),
          .text(
            .float32, [1, 3, 8],
            """
            -1.18 -1.02 1.72 0.0533 0.0941 1.23 -0.424 1.49 0.594 0.341 0.586 0.526 -0.899 -0.0903 -0.032 -0.339
            -0.74 0.0844 0.877 -0.0402 -1.13 1.84 1.32 0.107
            """),
          .text(
            .float32, [1, 3, 8],
            """
            -0.531 -1.2 -1.75 -0.647 -0.684 1.54 -0.354 -1.94 1.34 -2.63 -2.07 1.02 -1.2 -1.54 0.043 0.774
            -0.808 1.03 -0.986 0.719 1.45 -1.25 -0.862 -1.87
            """),
        ],
        [("num_heads", .int(2))],
        gives: [
          .text(
            .float32, [1, 2, 8],
            """
            0.2623081 -1.126905 -1.644443 0.6027288 0.1017092 -0.0006544218 -0.5035484 -1.540794 0.2265578
            -1.220279 -1.681184 0.4744273 -0.672698 -0.01137675 -0.2444865 -0.8219819
            """)
        ]),
      Case(
        "bias mask past", "MultiHeadAttention", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 2, 2], "0.231 -0.904 -1.24 0.452"), .text(.float32, [1, 2, 2], "0.697 0.422 0.776 -1.1"),
          .text(.float32, [1, 2, 2], "-1.68 -0.814 -0.478 -1.31"),
          .text(.float32, [6], "0.0606 -1.5 -0.471 -0.0668 1.52 -1.29"), .text(.int32, [1, 3], "1 0 1"), nil,
          .text(.float32, [1, 1, 1, 2], "0.779 0.489"), .text(.float32, [1, 1, 1, 2], "-0.172 -0.976"),
        ],
        [("num_heads", .int(1))],
        gives: [
          .text(.float32, [1, 2, 2], "0.9667546 -2.499342 0.8418303 -2.332227"),
          .text(.float32, [1, 1, 3, 2], "0.779 0.489 0.226 0.3552 0.305 -1.1668"),
          .text(.float32, [1, 1, 3, 2], "-0.172 -0.976 -0.16 -2.104 1.042 -2.6"),
        ]),
      Case(
        "lengths", "MultiHeadAttention", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [2, 1, 2], "0.684 -0.132 0.308 0.331"),
          .text(.float32, [2, 2, 2], "-1.16 0.512 1.42 -0.547 0.406 -0.0913 -0.595 -1.71"),
          .text(.float32, [2, 2, 2], "0.828 0.876 0.227 -0.00299 1.63 -1.91 -0.156 -0.547"), nil,
          .text(.int32, [2], "1 2"),
        ],
        [("num_heads", .int(1))],
        gives: [.text(.float32, [2, 1, 2], "0.828 0.876 0.9958615 -1.426052")]),
      Case(
        "added", "MultiHeadAttention", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 2, 4], "0.0423 -0.709 -0.142 0.989 -0.728 0.0777 0.39 -0.1"),
          .text(.float32, [1, 2, 4], "-1.97 0.1 0.281 0.197 -0.86 -0.231 0.432 -1.12"),
          .text(.float32, [1, 2, 4], "-1.05 1.02 -0.797 -0.352 -1.62 0.105 1.55 0.895"), nil, nil,
          .text(.float32, [1, 2, 2, 2], "-0.48 0.167 -0.312 -1.97 0.266 0.285 0.251 -0.0885"),
        ],
        [("num_heads", .int(2)), ("unidirectional", .int(1))],
        gives: [.text(.float32, [1, 2, 4], "-1.05 1.02 -0.797 -0.352 -1.104468 0.9325644 0.256791 0.2078966")]),
      Case(
        "kv4", "MultiHeadAttention", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 1, 4], "0.935 -0.755 -0.427 -0.438"),
          .text(.float32, [1, 2, 2, 2], "0.318 0.393 -0.889 -0.762 -1.71 1.27 1.61 0.202"),
          .text(.float32, [1, 2, 2, 2], "1.09 1.42 -0.992 -0.695 0.678 1.02 0.0101 0.677"),
          .text(
            .float32, [12],
            """
            0.351 -0.853 -1.39 2.35 -0.857 -0.418 0.242 -1.44 -1.08 0.679 -2.19 -0.285
            """),
        ],
        [("num_heads", .int(2))],
        gives: [.text(.float32, [1, 1, 4], "-0.06283569 0.2488916 0.6757936 1.018867")]),
      Case(
        "3d", "MultiHeadAttention", domain: "com.microsoft", opset: 1,
        [
          .text(.float32, [1, 2, 2], "0.242 -1.15 0.104 0.971"), .text(.float32, [1, 2, 2], "1.77 1.82 0.142 -0.182"),
          .text(.float32, [1, 2, 2], "1.4 -0.268 0.206 1.6"), nil, .text(.int32, [1, 2, 2], "1 0 1 1"),
        ],
        [("num_heads", .int(1))],
        gives: [.text(.float32, [1, 2, 2], "1.4 -0.268 1.181166 0.07436285")]),
    ])
  }

  /// What is packed answers what it does apart.
  @Test func packed() {
    let apart = Tensor.float32([1, 2, 2], [1, 0, 0, 1])
    let values = Tensor.float32([1, 2, 2], [1, 2, 3, 4])
    let answer = Tensor.float32([1, 2, 2], [1.4396388, 2.4396388, 2.5603612, 3.5603612])
    let scale = [("num_heads", AttributeProto.Value.int(1)), ("scale", .float(1.2667191))]
    check([
      Case(
        "apart", "MultiHeadAttention", domain: "com.microsoft", opset: 1, [apart, apart, values], scale,
        gives: [answer], relative: 1e-4),
      Case(
        "keys and values", "MultiHeadAttention", domain: "com.microsoft", opset: 1,
        [apart, .float32([1, 2, 1, 2, 2], [1, 0, 1, 2, 0, 1, 3, 4])], scale, gives: [answer], relative: 1e-4),
      Case(
        "all three", "MultiHeadAttention", domain: "com.microsoft", opset: 1,
        [.float32([1, 2, 1, 3, 2], [1, 0, 1, 0, 1, 2, 0, 1, 0, 1, 3, 4])], scale, gives: [answer], relative: 1e-4),
    ])
    checkError(
      Case(
        "a mask of another size", "MultiHeadAttention", domain: "com.microsoft", opset: 1,
        [apart, apart, values, nil, .int32([1, 3], [1, 1, 1])], scale, gives: [answer]),
      contains: "does not fit [1, 2, 2]")
  }
}
