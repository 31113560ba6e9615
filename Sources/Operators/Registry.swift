import GraphIR
import Tensors

/// THE TABLE: every operator, a row from each opset version on in which it changed.
///
/// The largest `since` not above the model's opset wins.
public enum Registry {
  @export(interface) nonisolated(unsafe) public static let rows: [Operator] = [
    // Activation
    Operator("Celu", since: 12, 1...1, types: .floats, memory: .inPlace, make: UnaryElementwise.celu),
    Operator("Elu", since: 1, 1...1, types: .floats, memory: .inPlace, make: UnaryElementwise.elu),
    Operator("Gelu", since: 20, 1...1, types: .floats, memory: .inPlace, make: UnaryElementwise.gelu),
    Operator("Hardmax", since: 1, 1...1, Hardmax.self, types: .floats),
    Operator("HardSigmoid", since: 1, 1...1, types: .floats, memory: .inPlace, make: UnaryElementwise.hardSigmoid),
    Operator("HardSwish", since: 14, types: .floats, unary: .hardSwish),
    Operator("LeakyRelu", since: 1, 1...1, types: .floats, memory: .inPlace, make: UnaryElementwise.leakyRelu),
    Operator("Mish", since: 18, types: .floats, unary: .mish),
    Operator("PRelu", since: 1, 2...2, types: .numbers, memory: .inPlace, make: BinaryElementwise.prelu),
    Operator("Relu", since: 1, types: .numbers, unary: .relu),
    Operator("Selu", since: 1, 1...1, types: .floats, memory: .inPlace, make: UnaryElementwise.selu),
    Operator("Shrink", since: 9, 1...1, types: .numbers, memory: .inPlace, make: UnaryElementwise.shrink),
    Operator("Sigmoid", since: 1, types: .floats, unary: .sigmoid),
    Operator("Softplus", since: 1, types: .floats, unary: .softplus),
    Operator("Softsign", since: 1, types: .floats, unary: .softsign),
    Operator("Swish", since: 24, 1...1, types: .floats, memory: .inPlace, make: UnaryElementwise.swish),
    Operator("Tanh", since: 1, types: .floats, unary: .tanh),
    Operator(
      "ThresholdedRelu", since: 10, 1...1, types: .floats, memory: .inPlace, make: UnaryElementwise.thresholdedRelu),
    Operator(
      "BiasGelu", domain: "com.microsoft", since: 1, 2...2, types: .float32AndHalves, traits: .widensHalves,
      make: BiasedGelu.bias),
    Operator(
      "FastGelu", domain: "com.microsoft", since: 1, 1...2, types: .float32AndHalves, traits: .widensHalves,
      make: BiasedGelu.fast),
    Operator(
      "Gelu", domain: "com.microsoft", since: 1, 1...1, types: .floats, memory: .inPlace, make: UnaryElementwise.gelu),
    Operator(
      "QuickGelu", domain: "com.microsoft", since: 1, 1...1, types: .float32AndHalves, traits: .widensHalves,
      make: BiasedGelu.quick),
    Operator("SwiGLU", since: 28, 2...2, SwiGLU.self, types: .floats, traits: .widensHalves),

    // ControlFlow
    Operator("If", since: 1, 1...1, controlFlow: If.self, signature: "b>"),
    Operator("Loop", since: 1, 0...Int.max, controlFlow: Loop.self, signature: "ib.>"),
    Operator("Scan", since: 8, 0...Int.max, controlFlow: Scan.self, signature: ".>"),
    Operator("SequenceMap", since: 17, 1...Int.max, controlFlow: SequenceMap.self, signature: ".>"),

    // MatMul
    Operator("Einsum", since: 12, 1...Int.max, Einsum.self, types: .numbers),
    Operator("MatMul", since: 1, 2...2, MatMul.self, types: .numbers),
    Operator("Gemm", since: 1, 2...3, Gemm.self, types: .numbers),
    Operator(
      "MoE", domain: "com.microsoft", since: 1, 2...8, types: .float32AndHalves, traits: .widensHalves,
      make: MixtureOfExperts.floats),
    Operator(
      "QMoE", domain: "com.microsoft", since: 1, 2...21, types: .float32AndHalves, signature: "TTuTTuTTuTTuuuT>T",
      traits: .widensHalves,
      make: MixtureOfExperts.quantized),
    Operator("Inverse", domain: "com.microsoft", since: 1, 1...1, Inverse.self, types: .floats),
    Operator("TransposeMatMul", domain: "com.microsoft", since: 1, 2...2, MatMul.self, types: .floats),
    Operator("FusedMatMul", domain: "com.microsoft", since: 1, 2...2, MatMul.self, types: .floats),
    Operator(
      "FusedGemm", domain: "com.microsoft", since: 1, 2...3, Gemm.self, types: .float32AndHalves, traits: .widensHalves),

    // Fused: what only passes write
    Operator("MatMul", domain: "apus", since: 1, 2...4, MatMul.self, types: .floats),
    Operator("QLinearConv", domain: "apus", since: 1, 8...9, QLinearConv.self, types: .bytes, signature: "TfTyf3fyf>7"),
    Operator("Conv", domain: "apus", since: 1, 2...5, Conv.self, types: .float32AndHalves, traits: .widensHalves),
    Operator("Gemm", domain: "apus", since: 1, 2...3, Gemm.self, types: .floats),
    Operator(
      "Attention", domain: "apus", since: 1, 3...4, FusedAttention.self, types: .float32AndHalves,
      traits: .widensHalves),
    Operator("RotateHalf", domain: "apus", since: 1, 3...3, RotateHalf.self, types: .floats, traits: .widensHalves),
    Operator(
      "SkipLayerNormalization", domain: "apus", since: 1, 3...4, types: .float32AndHalves, signature: "T>T..T",
      traits: .widensHalves, make: SkipNormalization.layer),
    Operator(
      "SkipSimplifiedLayerNormalization", domain: "apus", since: 1, 3...3, types: .float32AndHalves,
      signature: "T>2..T", traits: .widensHalves, make: SkipNormalization.simplified),
    Operator(
      "Widen", domain: "apus", since: 1, 1...1, types: .floats, signature: "T>w", memory: .inPlace, make: Cast.widening),
    Operator(
      "MatMulIntegerToFloat", domain: "apus", since: 1, 4...7, types: .bytes, signature: "TyffT1f>f",
      make: ScaledIntegerMatMul.given),

    // Convolution
    Operator("AveragePool", since: 1, 1...1, AveragePool.self, types: .floats, traits: .widensHalves),
    Operator("Col2Im", since: 18, 3...3, Col2Im.self, types: [.numbers, .bool], signature: "Ti>T"),
    Operator("DeformConv", since: 19, 3...5, DeformConv.self, types: .floats, traits: .widensHalves),
    Operator("MaxUnpool", since: 9, 2...3, MaxUnpool.self, types: .floats, signature: "Tli>T"),
    Operator("ConvTranspose", since: 1, 2...3, ConvTranspose.self, types: .floats, traits: .widensHalves),
    Operator("Conv", since: 1, 2...3, Conv.self, types: .floats, traits: .widensHalves),
    Operator("GlobalLpPool", since: 1, 1...1, GlobalLpPool.self, types: .floats, traits: .widensHalves),
    Operator("LpPool", since: 1, 1...1, LpPool.self, types: .floats, traits: .widensHalves),
    Operator(
      "FusedConv", domain: "com.microsoft", since: 1, 2...4, types: .float32AndHalves, traits: .widensHalves,
      make: Conv.fused),
    Operator("NhwcMaxPool", domain: "com.microsoft", since: 1, 1...1, types: .bytes, make: ChannelsLast.maxPool),
    Operator(
      "GlobalAveragePool", since: 1, 1...1, types: .floats, traits: .widensHalves, make: GlobalPool.average),
    Operator("GlobalMaxPool", since: 1, 1...1, types: .floats, traits: .widensHalves, make: GlobalPool.max),
    Operator(
      "MaxPool", since: 1, 1...1, MaxPool.self, types: [.floats, .bytes], signature: "T>Tl", traits: .widensHalves),

    // Normalization
    Operator(
      "Softmax", since: 1, 1...1, Softmax.self, types: .floats, memory: .inPlace, traits: .widensHalves),
    Operator(
      "LogSoftmax", since: 1, 1...1, LogSoftmax.self, types: .floats, memory: .inPlace, traits: .widensHalves),
    Operator(
      "SkipLayerNormalization", domain: "com.microsoft", since: 1, 3...5, types: .float32AndHalves, signature: "T>T..T",
      traits: .widensHalves, make: SkipNormalization.layer),
    Operator(
      "SkipSimplifiedLayerNormalization", domain: "com.microsoft", since: 1, 3...4, types: .float32AndHalves,
      signature: "T>T..T",
      traits: .widensHalves, make: SkipNormalization.simplified),
    Operator("LRN", since: 1, 1...1, LRN.self, types: .floats, traits: .widensHalves),
    Operator("LpNormalization", since: 1, 1...1, LpNormalization.self, types: .floats, traits: .widensHalves),
    Operator(
      "EmbedLayerNormalization", domain: "com.microsoft", since: 1, 1...9, types: .init(.int32),
      signature: "TTxxxxxnn>2n2",
      traits: .widensHalves, make: EmbedLayerNormalization.floats),
    Operator(
      "QEmbedLayerNormalization", domain: "com.microsoft", since: 1, 1...18, types: .init(.int32),
      signature: "TTyyyyynfffff23456>fnf",
      make: EmbedLayerNormalization.bytes),
    Operator(
      "GatedAdd", domain: "com.microsoft", since: 1, 3...3, GatedAdd.self, types: .float32AndHalves,
      traits: .widensHalves),
    Operator(
      "GatedRMSNorm", domain: "com.microsoft", since: 1, 3...3, GatedRMSNorm.self, types: .float32AndHalves,
      traits: .widensHalves),
    Operator(
      "MeanVarianceNormalization", since: 9, 1...1, MeanVarianceNormalization.self, types: .floats,
      traits: .widensHalves),
    // Since 17; but other runtimes fuse it into files of any opset.
    Operator(
      "LayerNormalization", since: 1, 2...3, LayerNormalization.self, types: .floats, signature: "T>Tf",
      memory: .inPlace,
      traits: .widensHalvesOfFirstOutput),
    Operator(
      "RMSNormalization", since: 23, 2...2, RMSNormalization.self, types: .floats, signature: "T>1", memory: .inPlace,
      traits: .widensHalves),
    Operator(
      "SimplifiedLayerNormalization", since: 1, 2...2, RMSNormalization.self, types: .floats, signature: "T>1f",
      memory: .inPlace, traits: .widensHalvesOfFirstOutput),
    Operator(
      "BatchNormalization", since: 1, 5...5, BatchNormalization.self, types: .floats, signature: "Tr>T3434",
      memory: .inPlace,
      traits: [.widensHalves, .mixesReals]),
    Operator(
      "InstanceNormalization", since: 1, 3...3, InstanceNormalization.self, types: .floats, memory: .inPlace,
      traits: .widensHalves),
    Operator(
      "GroupNormalization", since: 18, 3...3, GroupNormalization.self, types: .floats, memory: .inPlace,
      traits: .widensHalves),
    // Elementwise
    Operator("Abs", since: 1, types: .numbers, unary: .abs),
    Operator("Acos", since: 7, types: .floats, unary: .acos),
    Operator("Acosh", since: 9, types: .floats, unary: .acosh),
    Operator("Add", since: 1, types: .numbers, binary: .add),
    Operator("And", since: 1, types: .bool, binary: .and),
    Operator("Asin", since: 7, types: .floats, unary: .asin),
    Operator("Asinh", since: 9, types: .floats, unary: .asinh),
    Operator("Atan", since: 7, types: .floats, unary: .atan),
    Operator("Atanh", since: 9, types: .floats, unary: .atanh),
    Operator("BitCast", since: 26, 1...1, BitCast.self, signature: "T>a"),
    Operator("BitShift", since: 11, 2...2, types: .integers, memory: .inPlace, make: BinaryElementwise.bitShift),
    Operator("BitwiseAnd", since: 18, types: .integers, binary: .and),
    Operator("BitwiseNot", since: 18, types: .integers, unary: .bitwiseNot),
    Operator("BitwiseOr", since: 18, types: .integers, binary: .or),
    Operator("BitwiseXor", since: 18, types: .integers, binary: .exclusiveOr),
    Operator("Cast", since: 1, 1...1, Cast.self, types: .castable, signature: "T>a", memory: .inPlace),
    Operator("CastLike", since: 15, 2...2, types: .castable, signature: "Tc>1", memory: .inPlace, make: Cast.like),
    Operator("Ceil", since: 1, types: .floats, unary: .ceil),
    Operator("Clip", since: 1, 1...3, Clip.self, types: .numbers, memory: .inPlace),
    Operator("Cos", since: 7, types: .floats, unary: .cos),
    Operator("Cosh", since: 9, types: .floats, unary: .cosh),
    Operator("Div", since: 1, types: .numbers, binary: .divide),
    Operator("Equal", since: 1, types: [.numbers, .bool, .string], signature: "T>b", binary: .equal),
    Operator("Erf", since: 9, types: .floats, unary: .erf),
    Operator("Exp", since: 1, types: .floats, unary: .exp),
    Operator("Floor", since: 1, types: .floats, unary: .floor),
    Operator("Greater", since: 1, types: .numbers, signature: "T>b", binary: .less, swapped: true),
    Operator("GreaterOrEqual", since: 12, types: .numbers, signature: "T>b", binary: .lessOrEqual, swapped: true),
    Operator("IsInf", since: 10, 1...1, types: .smallFloats, signature: "T>b", make: UnaryElementwise.isInf),
    Operator("IsNaN", since: 9, types: .smallFloats, signature: "T>b", unary: .isNaN),
    Operator("Less", since: 1, types: .numbers, signature: "T>b", binary: .less),
    Operator("LessOrEqual", since: 12, types: .numbers, signature: "T>b", binary: .lessOrEqual),
    Operator("Log", since: 1, types: .floats, unary: .log),
    Operator("Max", since: 1, types: .numbers, variadic: .maximum),
    Operator("Mean", since: 1, types: .floats, variadic: .add, isMean: true),
    Operator("Min", since: 1, types: .numbers, variadic: .minimum),
    Operator("Mod", since: 10, 2...2, types: .numbers, memory: .inPlace, make: BinaryElementwise.mod),
    Operator("Mul", since: 1, types: .numbers, binary: .multiply),
    Operator("Neg", since: 1, types: .numbers, unary: .negate),
    Operator("Not", since: 1, types: .bool, unary: .not),
    Operator("Or", since: 1, types: .bool, binary: .or),
    Operator("Pow", since: 1, types: .numbers, signature: "Tm>T", binary: .power, mixed: true),
    Operator("Reciprocal", since: 1, types: .floats, unary: .reciprocal),
    Operator("Round", since: 11, types: .floats, unary: .round),
    Operator("Sign", since: 9, types: .numbers, unary: .sign),
    Operator("Sin", since: 7, types: .floats, unary: .sin),
    Operator("Sinh", since: 9, types: .floats, unary: .sinh),
    Operator("Sqrt", since: 1, types: .floats, unary: .squareRoot),
    Operator("Sub", since: 1, types: .numbers, binary: .subtract),
    Operator("Sum", since: 1, types: .floats, variadic: .add),
    Operator("Tan", since: 7, types: .floats, unary: .tan),
    Operator("Where", since: 9, 3...3, Where.self, types: .bool, signature: "T.1>1"),
    Operator("Xor", since: 1, types: .bool, binary: .exclusiveOr),

    // Generate
    Operator("AffineGrid", since: 20, 2...2, AffineGrid.self, types: .floats, signature: "Tl>T", traits: .widensHalves),
    Operator("ConstantOfShape", since: 9, 1...1, ConstantOfShape.self, types: .indices, signature: "T>a"),
    Operator("EyeLike", since: 9, 1...1, EyeLike.self, signature: "T>a"),
    Operator("Range", domain: "com.microsoft", since: 1, 2...3, RangeOperator.self, types: .numbers),
    Operator("Range", since: 11, 3...3, RangeOperator.self, types: .numbers),

    // Indexing
    Operator("Compress", since: 9, 2...2, Compress.self, signature: "Tb>T"),
    Operator("Gather", since: 1, 2...2, Gather.self, signature: "Ti>T"),
    Operator("GatherElements", since: 11, 2...2, GatherElements.self, signature: "Ti>T"),
    Operator("GatherND", domain: "com.microsoft", since: 1, 2...2, GatherND.self, signature: "Ti>T"),
    Operator(
      "NGramRepeatBlock", domain: "com.microsoft", since: 1, 2...2, NGramRepeatBlock.self, types: .init(.int64),
      signature: "Tf>f"),
    Operator("GatherND", since: 11, 2...2, GatherND.self, signature: "Ti>T"),
    Operator("NonZero", since: 9, 1...1, NonZero.self, types: [.numbers, .bool], signature: "T>l"),
    Operator("OneHot", since: 9, 3...3, OneHot.self, types: .numbers, signature: "Tm.>2"),
    Operator("Scatter", since: 9, 3...3, ScatterElements.self, signature: "TiT>T"),
    Operator("ScatterElements", since: 11, 3...3, ScatterElements.self, signature: "TiT>T"),
    Operator("ScatterND", since: 11, 3...3, ScatterND.self, signature: "TiT>T"),
    Operator("TensorScatter", since: 24, 2...3, TensorScatter.self, signature: "TTi>T"),
    Operator(
      "Unique", domain: "com.microsoft", since: 1, 1...1, types: [.numbers, .bool, .string], signature: "T>Tl",
      make: Unique.microsoft),
    Operator("Unique", since: 11, 1...1, Unique.self, types: [.numbers, .bool, .string], signature: "T>Tl"),

    // Layout
    Operator("CenterCropPad", since: 18, 2...2, CenterCropPad.self, signature: "Ti>T"),
    Operator("Concat", since: 1, 1...Int.max, Concat.self),
    Operator("DepthToSpace", since: 1, 1...1, DepthToSpace.self),
    Operator("Expand", since: 8, 2...2, Expand.self, signature: "Ti>T"),
    Operator("Flatten", since: 1, 1...1, Flatten.self, memory: .view),
    Operator("Identity", since: 1, 1...1, Identity.self, memory: .view, traits: .takesValues),
    Operator("ExpandDims", domain: "com.microsoft", since: 1, 2...2, Unsqueeze.self, signature: "Ti>T", memory: .view),
    Operator("Pad", domain: "com.microsoft", since: 1, 2...3, Pad.self, signature: "TiT>T"),
    Operator("Trilu", domain: "com.microsoft", since: 1, 1...2, Trilu.self, signature: "Ti>T", memory: .inPlace),
    Operator("Pad", since: 1, 1...4, Pad.self, signature: "TiTi>T"),
    Operator("Reshape", since: 1, 1...2, Reshape.self, signature: "Ti>T", memory: .view),
    Operator("ReverseSequence", since: 10, 2...2, ReverseSequence.self, signature: "Ti>T"),
    Operator("Shape", since: 1, 1...1, ShapeOperator.self, signature: "T>l"),
    Operator("Size", since: 1, 1...1, Size.self, signature: "T>l"),
    Operator("Slice", since: 1, 1...5, Slice.self, signature: "Ti>T"),
    Operator("SpaceToDepth", since: 1, 1...1, SpaceToDepth.self),
    Operator("Split", since: 1, 1...2, Split.self, signature: "Ti>T"),
    Operator("Squeeze", since: 1, 1...2, Squeeze.self, signature: "Ti>T", memory: .view),
    Operator("UnfoldTensor", domain: "com.microsoft", since: 1, 1...1, UnfoldTensor.self),
    Operator("Tile", since: 1, 2...3, Tile.self, signature: "Ti>T"),
    Operator("Transpose", since: 1, 1...1, Transpose.self),
    Operator("Trilu", since: 14, 1...2, Trilu.self, signature: "Ti>T", memory: .inPlace),
    Operator("Unsqueeze", since: 1, 1...2, Unsqueeze.self, signature: "Ti>T", memory: .view),

    // Reduce
    Operator("ArgMax", since: 1, 1...1, types: .numbers, signature: "T>l", make: ArgExtreme.max),
    Operator("ArgMin", since: 1, 1...1, types: .numbers, signature: "T>l", make: ArgExtreme.min),
    Operator(
      "CumProd", since: 26, 2...2, types: .numbers, signature: "Ti>T", memory: .inPlace, make: Cumulative.product),
    Operator("CumSum", since: 11, 2...2, types: .numbers, signature: "Ti>T", memory: .inPlace, make: Cumulative.sum),
    Operator(
      "CDist", domain: "com.microsoft", since: 1, 2...2, CDist.self, types: [.float32AndHalves, .init(.float64)],
      traits: .widensHalves),
    Operator("Det", since: 11, 1...1, Det.self, types: .floats),
    Operator("ReduceL1", reduce: .l1),
    Operator("ReduceL2", reduce: .l2),
    Operator("ReduceLogSum", reduce: .logSum),
    Operator("ReduceLogSumExp", reduce: .logSumExp),
    Operator("ReduceMax", types: [.numbers, .bool], reduce: .maximum),
    Operator("ReduceMean", reduce: .mean),
    Operator("ReduceMin", types: [.numbers, .bool], reduce: .minimum),
    Operator("ReduceProd", reduce: .product),
    Operator("ReduceSum", reduce: .sum),
    Operator("ReduceSumSquare", reduce: .sumOfSquares),
    Operator("TopK", since: 1, 1...2, TopK.self, types: .numbers, signature: "Ti>Tl"),

    // Attention
    Operator(
      "RotaryEmbedding", since: 23, 3...4, types: .float32AndHalves, signature: "TTTl>T", traits: .widensHalves,
      make: RotaryEmbedding.onnx),
    Operator(
      "RotaryEmbedding", domain: "com.microsoft", since: 1, 4...4, types: .float32AndHalves, signature: "TlT>T",
      traits: .widensHalves,
      make: RotaryEmbedding.microsoft),
    Operator(
      "CausalConvWithState", domain: "com.microsoft", since: 1, 2...4, CausalConvWithState.self,
      types: .float32AndHalves, traits: .widensHalves),
    Operator(
      "LinearAttention", domain: "com.microsoft", since: 1, 3...6, LinearAttention.self, types: .float32AndHalves,
      signature: "T>T3",
      traits: .widensHalves),
    Operator(
      "LinearAttentionGate", domain: "com.microsoft", since: 1, 3...4, LinearAttentionGate.self,
      types: .float32AndHalves, traits: .widensHalves),
    Operator(
      "MRotaryEmbedding", domain: "com.microsoft", since: 1, 4...4, types: .float32AndHalves, signature: "TlT>T",
      traits: .widensHalves,
      make: RotaryEmbedding.sections),
    Operator(
      "CausalConvWithState", since: 27, 2...4, CausalConvWithState.self, types: .float32AndHalves, traits: .widensHalves
    ),
    Operator(
      "LinearAttention", since: 27, 3...6, LinearAttention.self, types: .float32AndHalves, signature: "T>T3",
      traits: .widensHalves),
    Operator(
      "Attention", since: 23, 3...7, Attention.self, types: .floats, signature: "TTToTTl>TT2T", traits: .widensHalves),
    Operator(
      "Attention", domain: "com.microsoft", since: 1, 2...7, types: .float32AndHalves, signature: "TTTnTTn>T",
      traits: .widensHalves,
      make: ProjectedAttention.floats),
    Operator(
      "GroupQueryAttention", domain: "com.microsoft", since: 1, 1...16, GroupQueryAttention.self,
      types: .float32AndHalves, signature: "TTTTTnnTTlT>T", traits: .widensHalves),
    Operator(
      "MultiHeadAttention", domain: "com.microsoft", since: 1, 1...10, MultiHeadAttention.self,
      types: .float32AndHalves, signature: "TTTTnTTTn>T", traits: .widensHalves),
    Operator(
      "QAttention", domain: "com.microsoft", since: 1, 5...9, types: .bytes, signature: "TyxxxnT1x>3",
      traits: .widensHalves,
      make: ProjectedAttention.bytes),

    // Detection
    Operator("GridSample", since: 16, 2...2, GridSample.self, types: [.numbers, .bool], signature: "Tr>T"),
    Operator(
      "CropAndResize", domain: "com.microsoft", since: 1, 4...4, CropAndResize.self, types: .float32AndHalves,
      signature: "TTn>T", traits: .widensHalves),
    Operator("MaxRoiPool", since: 1, 2...2, MaxRoiPool.self, types: .floats, traits: .widensHalves),
    Operator(
      "GridSample", domain: "com.microsoft", since: 1, 2...2, GridSample.self, types: [.numbers, .bool],
      signature: "Tr>T"),
    Operator(
      "NonMaxSuppression", since: 10, 2...5, NonMaxSuppression.self, types: .init(.float32), signature: "TTif>l"),
    Operator("RoiAlign", since: 10, 3...3, RoiAlign.self, types: .floats, signature: "TTi>T", traits: .widensHalves),

    // Loss
    Operator(
      "NegativeLogLikelihoodLoss", since: 12, 2...3, NegativeLogLikelihoodLoss.self, types: .floats, signature: "TiT>T",
      traits: .widensHalves),
    Operator(
      "SoftmaxCrossEntropyLoss", since: 12, 2...3, SoftmaxCrossEntropyLoss.self, types: .floats, signature: "TiT>T",
      traits: .widensHalves),

    // Random
    Operator(
      "Bernoulli", since: 15, 1...1, types: .floats, signature: "T>a", traits: .random, make: RandomTensor.bernoulli),
    Operator(
      "Dropout", since: 1, 1...3, Dropout.self, types: .smallFloats, signature: "Trb>Tb", memory: .inPlace,
      traits: [.random, .widensHalves, .mixesReals]),
    Operator(
      "Multinomial", since: 7, 1...1, Multinomial.self, types: .floats, signature: "T>a",
      traits: [.random, .widensHalves]),
    Operator("RandomNormal", since: 1, 0...0, signature: ">a", traits: .random, make: RandomTensor.normal),
    Operator("RandomNormalLike", since: 1, 1...1, signature: "T>a", traits: .random, make: RandomTensor.normalLike),
    Operator("RandomUniform", since: 1, 0...0, signature: ">a", traits: .random, make: RandomTensor.uniform),
    Operator("RandomUniformLike", since: 1, 1...1, signature: "T>a", traits: .random, make: RandomTensor.uniformLike),

    // Recurrent
    Operator("GRU", since: 1, 3...6, types: .floats, signature: "TTTTnT>T", traits: .widensHalves, make: Recurrent.gru),
    Operator(
      "LSTM", since: 1, 3...8, types: .floats, signature: "TTTTnT>T", traits: .widensHalves, make: Recurrent.lstm),
    Operator("RNN", since: 1, 3...6, types: .floats, signature: "TTTTnT>T", traits: .widensHalves, make: Recurrent.rnn),
    Operator(
      "DynamicQuantizeLSTM", domain: "com.microsoft", since: 1, 3...12, types: .init(.float32),
      signature: "TyyTnTTTf1f2>T",
      make: Recurrent.quantizedLSTM),

    // Resize
    Operator("Resize", since: 10, 1...4, signature: "Te>T", traits: [.widensHalves, .mixesReals], make: Resize.resize),
    Operator(
      "Upsample", since: 1, 1...2, signature: "Te>T", traits: [.widensHalves, .mixesReals], make: Resize.upsample),

    // Signal
    Operator("BlackmanWindow", since: 17, 1...1, types: .indices, signature: "T>a", make: SignalWindow.blackman),
    Operator("DFT", since: 17, 1...3, DFT.self, types: .floats, signature: "Ti>T", traits: .widensHalves),
    Operator("HammingWindow", since: 17, 1...1, types: .indices, signature: "T>a", make: SignalWindow.hamming),
    Operator("HannWindow", since: 17, 1...1, types: .indices, signature: "T>a", make: SignalWindow.hann),
    Operator("MelWeightMatrix", since: 17, 5...5, MelWeightMatrix.self, types: .indices, signature: "Tiiee>a"),
    Operator("STFT", since: 17, 2...4, STFT.self, types: .floats, signature: "TiTi>T", traits: .widensHalves),

    // Text
    Operator(
      "MurmurHash3", domain: "com.microsoft", since: 1, 1...1, MurmurHash3.self,
      types: [.reals, .indices, .init(.uint32), .init(.uint64), .string], signature: "T>a"),
    Operator("RegexFullMatch", since: 20, 1...1, RegexFullMatch.self, types: .string, signature: "T>b"),
    Operator("StringConcat", since: 20, 2...2, StringConcat.self, types: .string),
    Operator("StringNormalizer", since: 10, 1...1, StringNormalizer.self, types: .string),
    Operator("StringSplit", since: 20, 1...1, StringSplit.self, types: .string, signature: "T>sl"),
    Operator("TfIdfVectorizer", since: 9, 1...1, TfIdfVectorizer.self, types: [.indices, .string], signature: "T>f"),

    // Training
    Operator(
      "Adagrad", domain: "ai.onnx.preview.training", since: 1, 5...Int.max, types: .reals, signature: "Tle2>2",
      make: Optimizer.adagrad),
    Operator(
      "Adam", domain: "ai.onnx.preview.training", since: 1, 6...Int.max, types: .reals, signature: "Tle2>2",
      make: Optimizer.adam),
    Operator(
      "Momentum", domain: "ai.onnx.preview.training", since: 1, 5...Int.max, types: .reals, signature: "Tle2>2",
      make: Optimizer.momentum),

    // ML: ai.onnx.ml
    Operator(
      "ArrayFeatureExtractor", ml: 1, 2...2, types: [.numbers, .string], signature: "Tl>T", ArrayFeatureExtractor.init),
    Operator("Binarizer", ml: 1, 1...1, types: .float32AndHalves, traits: .widensHalves, Binarizer.init),
    Operator("CastMap", ml: 1, 1...1, signature: ".>a", traits: .takesValues, CastMap.init),
    Operator(
      "CategoryMapper", ml: 1, 1...1, types: [.string, .init(.int64)], signature: "T>a", LabelEncoder.categories),
    Operator("DictVectorizer", ml: 1, 1...1, signature: ".>.", traits: .takesValues, DictVectorizer.init),
    Operator("FeatureVectorizer", ml: 1, 1...Int.max, types: .numbers, signature: "Tm>f", FeatureVectorizer.init),
    Operator("Imputer", ml: 1, 1...1, types: [.init(.float32), .init(.int64)], Imputer.init),
    Operator("LabelEncoder", ml: 1, 1...1, signature: "T>a", LabelEncoder.latest),
    Operator("LinearClassifier", ml: 1, 1...1, types: .numbers, signature: "T>af", LinearModel.classifier),
    Operator("LinearRegressor", ml: 1, 1...1, types: .numbers, signature: "T>f", LinearModel.regressor),
    Operator("Normalizer", ml: 1, 1...1, types: .numbers, signature: "T>f", Normalizer.init),
    Operator("OneHotEncoder", ml: 1, 1...1, types: [.numbers, .string], signature: "T>f", OneHotEncoder.init),
    Operator("SVMClassifier", ml: 1, 1...1, types: .numbers, signature: "T>af", SVMClassifier.init),
    Operator("SVMRegressor", ml: 1, 1...1, types: .numbers, signature: "T>f", SVMRegressor.init),
    Operator("Scaler", ml: 1, 1...1, types: .numbers, signature: "T>f", Scaler.init),
    Operator("TreeEnsemble", ml: 5, 1...1, types: .numbers, signature: "T>.", TreeRegression.ensemble),
    Operator("TreeEnsembleClassifier", ml: 1, 1...1, types: .numbers, signature: "T>af", TreeClassifier.init),
    Operator("TreeEnsembleRegressor", ml: 1, 1...1, types: .numbers, signature: "T>f", TreeRegression.regressor),
    Operator("ZipMap", ml: 1, 1...1, types: .init(.float32), signature: "T>.", ZipMap.init),

    // Sequence
    Operator("ConcatFromSequence", since: 11, 1...1, ConcatFromSequence.self, traits: .takesValues),
    Operator("Optional", since: 15, 0...1, OptionalConstruct.self, traits: .takesValues),
    Operator("OptionalGetElement", since: 15, 1...1, OptionalGetElement.self, traits: .takesValues),
    Operator("OptionalHasElement", since: 15, 0...1, OptionalHasElement.self, signature: "T>b", traits: .takesValues),
    Operator("SequenceAt", since: 11, 2...2, SequenceAt.self, signature: "Ti>T", traits: .takesValues),
    Operator("SequenceConstruct", since: 11, 1...Int.max, SequenceConstruct.self, traits: .takesValues),
    Operator("SequenceEmpty", since: 11, 0...0, SequenceEmpty.self, signature: ">a"),
    Operator("SequenceErase", since: 11, 1...2, SequenceErase.self, signature: "Ti>T", traits: .takesValues),
    Operator("SequenceInsert", since: 11, 2...3, SequenceInsert.self, signature: "TTi>T", traits: .takesValues),
    Operator("SequenceLength", since: 11, 1...1, SequenceLength.self, signature: "T>l", traits: .takesValues),
    Operator("SplitToSequence", since: 11, 1...2, SplitToSequence.self, signature: "Ti>T"),

    // Quantization
    Operator("ConvInteger", since: 10, 2...4, ConvInteger.self, types: .bytes, signature: "TyT1>n"),
    Operator(
      "DequantizeLinear", since: 10, 2...3, DequantizeLinear.self, types: [.quantized, .init(.int32)],
      signature: "TxT>1"),
    Operator(
      "DequantizeLinear", domain: "com.microsoft", since: 1, 2...3, DequantizeLinear.self,
      types: [.quantized, .init(.int32)], signature: "TxT>1"),
    Operator(
      "DynamicQuantizeLinear", since: 11, 1...1, DynamicQuantizeLinear.self, types: .init(.float32), signature: "T>ufu"),
    Operator(
      "DynamicQuantizeMatMul", domain: "com.microsoft", since: 1, 3...5, types: .init(.float32), signature: "Tyf1f>f",
      make: ScaledIntegerMatMul.dynamic),
    Operator(
      "MatMulInteger16", domain: "com.microsoft", since: 1, 2...2, MatMulInteger16.self, types: .init(.int16),
      signature: "T>n"),
    Operator("MatMulInteger", since: 10, 2...4, MatMulInteger.self, types: .bytes, signature: "TyT1>n"),
    Operator(
      "MatMulIntegerToFloat", domain: "com.microsoft", since: 1, 4...7, types: .bytes, signature: "TyffT1f>f",
      make: ScaledIntegerMatMul.given),
    Operator(
      "MatMulBnb4", domain: "com.microsoft", since: 1, 3...3, MatMulBnb4.self, types: .float32AndHalves,
      signature: "TuT>T",
      traits: .widensHalves),
    Operator(
      "MatMulNBits", domain: "com.microsoft", since: 1, 3...6, MatMulNBits.self, types: .float32AndHalves,
      signature: "TuTznT>T",
      traits: .widensHalves),
    Operator("QLinearConv", since: 10, 8...9, QLinearConv.self, types: .bytes, signature: "TfTyf3fyn>7"),
    Operator(
      "QLinearConv", domain: "com.microsoft", since: 1, 8...9, types: .bytes, signature: "TfTyf3fyn>7",
      make: ChannelsLast.qLinearConv),
    Operator(
      "GatherBlockQuantized", domain: "com.microsoft", since: 1, 3...4, GatherBlockQuantized.self,
      types: [.init(.uint8), .init(.uint4), .init(.int4)], signature: "TixT>2", traits: .widensHalves),
    Operator("QGemm", domain: "com.microsoft", since: 1, 6...9, QGemm.self, types: .bytes, signature: "TfTyf3nfy>f"),
    Operator("QLinearAdd", quantized: 1...8, signature: "TfTTfTfT>T", make: QuantizedOperator.add),
    Operator("QLinearAveragePool", quantized: 1...5, make: ChannelsLast.qLinearAveragePool),
    Operator(
      "QLinearConcat", domain: "com.microsoft", since: 1, 5...Int.max, types: .init(.float32), signature: "Ty*1f1>1",
      make: QuantizedOperator.concat),
    Operator("QLinearGlobalAveragePool", quantized: 1...5, make: ChannelsLast.qLinearGlobalAveragePool),
    Operator("QLinearLeakyRelu", quantized: 1...5, make: QuantizedOperator.leakyRelu),
    Operator("QLinearMul", quantized: 1...8, signature: "TfTTfTfT>T", make: QuantizedOperator.multiply),
    Operator("QLinearReduceMean", quantized: 1...5, make: QuantizedOperator.mean),
    Operator("QLinearSigmoid", quantized: 1...5, make: QuantizedOperator.sigmoid),
    Operator("QLinearSoftmax", quantized: 1...5, make: QuantizedOperator.softmax),
    Operator(
      "QLinearWhere", domain: "com.microsoft", since: 1, 8...9, types: .bool, signature: "Tyf11f1f1>1",
      make: QuantizedOperator.select),
    Operator(
      "QLinearMatMul", since: 10, 8...8, QLinearMatMul.self, types: .bytes, signature: "TxTyx3xy>7",
      traits: .widensHalves),
    Operator(
      "QuantizeLinear", since: 10, 2...3, QuantizeLinear.self, types: [.float32AndHalves, .init(.int32)],
      signature: "Tqa>a"),
    Operator(
      "QuantizeLinear", domain: "com.microsoft", since: 1, 2...3, QuantizeLinear.self,
      types: [.float32AndHalves, .init(.int32)], signature: "Tqa>a"),
  ]
}
