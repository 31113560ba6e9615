import Tensors
import TestSupport
import Testing

@testable import ONNXFormat

@Suite struct ConvTests {
  private struct Form {
    let name: String
    let input: [Int]
    let weights: [Int]
    var groups = 1
    var strides: [Int]?
    var dilations: [Int]?
    var pads: [Int]?

    init(
      _ name: String, _ input: [Int], _ weights: [Int], groups: Int = 1, strides: [Int]? = nil, dilations: [Int]? = nil,
      pads: [Int]? = nil
    ) {
      self.name = name
      self.input = input
      self.weights = weights
      self.groups = groups
      self.strides = strides
      self.dilations = dilations
      self.pads = pads
    }
  }

  /// Every form against sums made by the definition, with and without a bias.
  @Test func forms() {
    let forms = [
      Form("1 x 1", [2, 3, 4, 5], [5, 3, 1, 1]), Form("3 x 3", [1, 3, 7, 6], [4, 3, 3, 3]),
      Form("padded", [2, 3, 5, 5], [4, 3, 3, 3], pads: [1, 1, 1, 1]),
      Form("uneven padding", [1, 2, 5, 6], [3, 2, 3, 2], pads: [0, 2, 1, 0]),
      Form("stride", [1, 3, 9, 8], [4, 3, 3, 3], strides: [2, 3], pads: [1, 1, 1, 1]),
      Form("dilation", [1, 2, 9, 9], [3, 2, 3, 3], dilations: [2, 3], pads: [2, 0, 1, 3]),
      Form(
        "everything", [2, 4, 11, 9], [6, 2, 3, 4], groups: 2, strides: [3, 2], dilations: [2, 1], pads: [1, 0, 2, 3]),
      Form("padding wider than the kernel", [1, 1, 2, 2], [1, 1, 2, 2], pads: [3, 3, 3, 3]),
      Form("one output", [1, 3, 3, 4], [2, 3, 3, 4]),
      Form("groups", [2, 6, 5, 5], [9, 2, 3, 3], groups: 3),
      Form("groups of one filter", [1, 4, 5, 5], [2, 2, 3, 3], groups: 2),
      Form("depthwise", [2, 3, 5, 6], [3, 1, 3, 3], groups: 3),
      Form("depthwise, padded", [1, 5, 7, 7], [5, 1, 3, 3], groups: 5, pads: [1, 1, 1, 1]),
      Form("depthwise, stride", [1, 3, 8, 9], [3, 1, 3, 3], groups: 3, strides: [2, 2], pads: [0, 1, 1, 0]),
      Form("depthwise, 5 x 5", [1, 3, 9, 9], [3, 1, 5, 5], groups: 3, strides: [2, 1], pads: [2, 2, 2, 2]),
      Form("depthwise, dilation", [1, 2, 9, 11], [2, 1, 3, 3], groups: 2, dilations: [2, 3]),
      Form("depthwise, stride 3", [1, 2, 9, 11], [2, 1, 2, 3], groups: 2, strides: [3, 3], pads: [1, 2, 0, 1]),
      Form("depthwise, multiplier", [2, 3, 6, 5], [6, 1, 3, 3], groups: 3, pads: [1, 1, 1, 1]),
      Form("depthwise, wide", [1, 2, 3, 37], [2, 1, 3, 3], groups: 2, pads: [1, 1, 1, 1]),
      Form("1-D", [2, 3, 10], [4, 3, 3], strides: [2], pads: [1, 0]),
      Form("1-D depthwise", [1, 3, 9], [3, 1, 4], groups: 3, pads: [3, 0]),
      Form("3-D", [1, 2, 4, 5, 3], [3, 2, 2, 3, 2], strides: [1, 2, 1], pads: [1, 0, 0, 0, 1, 1]),
      Form("3-D depthwise", [1, 2, 4, 4, 4], [2, 1, 2, 2, 2], groups: 2),
      Form("3-D, flat kernel", [1, 2, 3, 4, 4], [2, 1, 1, 3, 3], groups: 2),
      Form("no batch", [0, 3, 5, 5], [4, 3, 3, 3]), Form("no filters", [1, 3, 5, 5], [0, 3, 3, 3]),
      Form("many channels", [1, 37, 6, 6], [19, 37, 3, 3], pads: [1, 1, 1, 1]),
      Form("1 x 1, stride", [1, 8, 7, 7], [5, 8, 1, 1], strides: [2, 2]),
    ]
    for form in forms {
      var attributes: [(String, AttributeProto.Value)] = []
      for (name, values) in [("strides", form.strides), ("dilations", form.dilations), ("pads", form.pads)] {
        if let values { attributes.append((name, .ints(values.map { Int64($0) }))) }
      }
      if form.groups != 1 { attributes.append(("group", .int(Int64(form.groups)))) }
      let (x, w, b) = (
        Tensor.mixed(form.input), Tensor.mixed(form.weights, seed: 2), Tensor.mixed([form.weights[0]], seed: 3)
      )
      let window = NaiveWindow(
        Array(form.input[2...]), kernel: Array(form.weights[2...]), strides: form.strides, dilations: form.dilations,
        pads: form.pads)
      check([
        Case(
          form.name, "Conv", [x, w], attributes, gives: [window.convolve(x, w, groups: form.groups)], absolute: 1e-5),
        Case(
          form.name + ", bias", "Conv", [x, w, b], attributes, gives: [window.convolve(x, w, b, groups: form.groups)],
          absolute: 1e-5),
      ])
    }
  }

  @Test func automaticPadding() {
    let (x, w) = (Tensor.mixed([1, 2, 6, 5]), Tensor.mixed([3, 2, 3, 2], seed: 2))
    let cases: [(String, [Int]?, [Int]?, pads: [Int])] = [
      ("VALID", [1, 1], nil, [0, 0, 0, 0]), ("SAME_UPPER", nil, nil, [1, 0, 1, 1]),
      ("SAME_LOWER", nil, nil, [1, 1, 1, 0]),
      ("SAME_UPPER", [2, 2], nil, [0, 0, 1, 1]), ("SAME_LOWER", [2, 2], nil, [1, 1, 0, 0]),
      ("SAME_UPPER", [1, 1], [2, 3], [2, 1, 2, 2]),
      ("NOTSET", nil, nil, [0, 0, 0, 0]), ("", nil, nil, [0, 0, 0, 0]),
    ]
    for (name, strides, dilations, pads) in cases {
      var attributes: [(String, AttributeProto.Value)] = [("auto_pad", .string(Name(text: name)))]
      if let strides { attributes.append(("strides", .ints(strides.map { Int64($0) }))) }
      if let dilations { attributes.append(("dilations", .ints(dilations.map { Int64($0) }))) }
      let window = NaiveWindow([6, 5], kernel: [3, 2], strides: strides, dilations: dilations, pads: pads)
      check([
        Case(
          "\(name) \(strides ?? []) \(dilations ?? [])", "Conv", [x, w], attributes, gives: [window.convolve(x, w)],
          absolute: 1e-5)
      ])
    }
  }

  @Test func halves() {
    let (x, w) = (Tensor.float16([1, 1, 2, 2], [1, 2, 3, 4]), Tensor.float16([1, 1, 2, 2], [0.5, -1, 2, 1]))
    check([
      Case("float16", "Conv", [x, w], gives: [.float16([1, 1, 1, 1], [8.5])]),
      Case("float16, bias", "Conv", [x, w, .float16([1], [0.25])], gives: [.float16([1, 1, 1, 1], [8.75])]),
      Case(
        "bfloat16", "Conv", [.bfloat16([1, 1, 2], [1, 2]), .bfloat16([2, 1, 1], [3, -1])],
        gives: [.bfloat16([1, 2, 2], [3, 6, -1, -2])]),
    ])
  }

  @Test func errors() {
    let x = Tensor.mixed([1, 4, 5, 5])
    let out = x
    func fails(
      _ name: String, _ w: Tensor, _ b: Tensor? = nil, _ attributes: [(String, AttributeProto.Value)] = [],
      _ part: String, x: Tensor = .mixed([1, 4, 5, 5])
    ) {
      checkError(Case(name, "Conv", [x, w, b], attributes, gives: [out]), contains: "node 'tested' (Conv): ", part)
    }
    fails("channels", .mixed([2, 3, 3, 3]), nil, [], "[1, 4, 5, 5] and weights of [2, 3, 3, 3] do not fit 1 groups")
    fails("groups", .mixed([3, 2, 3, 3]), nil, [("group", .int(2))], "do not fit 2 groups")
    fails("no groups", .mixed([3, 4, 3, 3]), nil, [("group", .int(0))], "group must be above 0, got 0")
    fails("rank", .mixed([2, 4, 3]), nil, [], "the weights must have the input's rank")
    fails("bias", .mixed([2, 4, 3, 3]), .mixed([3]), [], "the bias must have shape [2], got [3]")
    fails("too large", .mixed([2, 4, 6, 3]), nil, [], "a kernel that reaches 6 does not fit an input of 5")
    fails("strides", .mixed([2, 4, 3, 3]), nil, [("strides", .ints([0, 1]))], "must be 2 values above 0, got [0, 1]")
    fails("dilations", .mixed([2, 4, 3, 3]), nil, [("dilations", .ints([1]))], "must be 2 values above 0, got [1]")
    fails("pads", .mixed([2, 4, 3, 3]), nil, [("pads", .ints([1, 1]))], "pads must have 4 values, got 2")
    fails("negative pads", .mixed([2, 4, 3, 3]), nil, [("pads", .ints([0, -1, 0, 0]))], "pads must not be negative")
    fails(
      "kernel_shape", .mixed([2, 4, 3, 3]), nil, [("kernel_shape", .ints([3, 2]))],
      "kernel_shape is [3, 2], the weights have [3, 3]")
    fails("auto_pad", .mixed([2, 4, 3, 3]), nil, [("auto_pad", .string("SAME"))], "auto_pad 'SAME' is not known")
    fails("four dims", .mixed([1, 1, 1, 1, 1, 1]), nil, [], "1 to 3 spatial dims", x: .mixed([1, 1, 2, 2, 2, 2]))
  }
}
