import GraphIR
import Kernels
import Tensors

/// Resizes a tensor by interpolating along its axes: ONNX's Resize and the older Upsample.
///
/// <https://onnx.ai/onnx/operators/onnx__Resize.html>
struct Resize: FamilyKernel {
  private enum Policy { case stretch, notLarger, notSmaller }

  private let coordinates: CoordinateMode
  /// Nil where the output is interpolated.
  private let nearest: NearestMode?
  private let filter: ResizeFilter
  private let axes: [Int]?
  private let policy: Policy
  private let outside: Float
  /// Upsample's scales before opset 9.
  private let givenScales: [Float]?
  /// Which inputs are the region, scales and sizes; -1 where the version has none.
  private let roiInput: Int
  private let scalesInput: Int
  private let sizesInput: Int

  static func resize(_ site: Site) throws(RuntimeError) -> Resize {
    try Resize(site, isOld: site.opset < 11, scalesInput: site.opset < 11 ? 1 : 2)
  }

  static func upsample(_ site: Site) throws(RuntimeError) -> Resize {
    try Resize(site, isOld: true, scalesInput: site.opset < 9 ? -1 : 1)
  }

  private init(_ site: Site, isOld: Bool, scalesInput: Int) throws(RuntimeError) {
    let mode = try site.string("mode") ?? "nearest"
    let isNearest = mode == "nearest"
    let isLinear = mode == "linear" || isOld && mode == "bilinear"
    guard isNearest || isLinear || mode == "cubic" && !isOld else {
      throw RuntimeError(.notImplemented, "mode %s is not implemented", name: mode)
    }
    coordinates =
      isOld ? .asymmetric : try CoordinateMode(try site.string("coordinate_transformation_mode") ?? "half_pixel")
    if isNearest {
      nearest = isOld ? .byScale : try NearestMode(try site.string("nearest_mode") ?? "round_prefer_floor")
    } else {
      nearest = nil
    }
    filter = ResizeFilter(
      isCubic: !isLinear, a: Double(try site.float("cubic_coeff_a", default: -0.75)),
      isAntialiased: try site.flag("antialias"), excludesOutside: try site.flag("exclude_outside"))
    axes = try site.ints("axes")
    outside = try site.float("extrapolation_value", default: 0)
    let name = try site.string("keep_aspect_ratio_policy") ?? "stretch"
    switch name {
    case _ where name == "stretch": policy = .stretch
    case _ where name == "not_larger": policy = .notLarger
    case _ where name == "not_smaller": policy = .notSmaller
    default: throw RuntimeError(.invalidGraph, "keep_aspect_ratio_policy %s is not known", name: name)
    }
    if site.opset < 7 {
      // Opset 1 knows images alone.
      givenScales = [
        1, 1, try site.required("height_scale", try site.node.attributes.float("height_scale")),
        try site.required("width_scale", try site.node.attributes.float("width_scale")),
      ]
    } else {
      givenScales = scalesInput < 0 ? try site.required("scales", try site.floats("scales")) : nil
    }
    roiInput = isOld ? -1 : 1
    self.scalesInput = scalesInput
    sizesInput = isOld ? -1 : 3
    if !isOld { site.types.letters = "Trei>T" }
    site.types.first = TypeSet.castable.subtracting(.string)
    if isNearest { site.types.first = [.combinable, .init(.complex64)] }
    guard scalesInput < 0 || site.has(input: scalesInput) || !isOld && site.has(input: 3) else {
      throw RuntimeError(.invalidGraph, "scales or sizes must be given")
    }
  }

  /// What happens to each axis; nil while sizes or scales are not known.
  private func plan(
    _ dims: [Int], roi: Tensor?, scales: Tensor?, sizes: Tensor?, hasSizes: Bool
  ) throws(RuntimeError) -> [ResizeAxis]? {
    let axes =
      try self.axes.map { given throws(RuntimeError) in try ShapeRules.axes(given, rank: dims.count) }
      ?? Array(dims.indices)
    var plan = dims.map { ResizeAxis(length: $0, newLength: $0) }
    if hasSizes {
      guard let sizes else { return nil }
      let wanted = sizes.integers
      guard wanted.count == axes.count, wanted.allSatisfy({ $0 >= 0 }) else {
        throw RuntimeError(.invalidArgument, "sizes must be %d values from 0 on, got %v", shape: wanted, axes.count)
      }
      if policy == .stretch {
        for (i, axis) in axes.enumerated() { plan[axis] = ResizeAxis(length: dims[axis], newLength: wanted[i]) }
      } else {
        let factors = axes.indices.map { Float(wanted[$0]) / Float(dims[axes[$0]]) }
        let factor = (policy == .notLarger ? factors.min() : factors.max()) ?? 1
        for axis in axes {
          plan[axis] = ResizeAxis(
            length: dims[axis], newLength: Int((factor * Float(dims[axis])).rounded(.toNearestOrAwayFromZero)),
            scale: factor)
        }
      }
    } else {
      guard givenScales != nil || scales != nil else { return nil }
      let factors = givenScales ?? floats(scales!)
      guard factors.count == axes.count, factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
        throw RuntimeError(.invalidArgument, "scales must be %d values above 0, got %d", axes.count, factors.count)
      }
      for (i, axis) in axes.enumerated() { plan[axis] = ResizeAxis(length: dims[axis], scale: factors[i]) }
    }
    if coordinates == .cropAndResize, let roi {
      let region = floats(roi)
      guard region.count == 2 * axes.count else {
        throw RuntimeError(.invalidArgument, "roi must have %d values, got %d", 2 * axes.count, region.count)
      }
      for (i, axis) in axes.enumerated() { plan[axis].roi = (region[i], region[axes.count + i]) }
    }
    return plan
  }

  private func floats(_ tensor: Tensor) -> [Float] {
    switch tensor.type {
    case .float32: Array(tensor.elements(Float.self))
    case .float64: tensor.elements(Double.self).map { Float($0) }
    case .float16: tensor.elements(UInt16.self).map { Half.widen($0) }
    default: []
    }
  }

  private func plan(_ inputs: Facts) throws(RuntimeError) -> [ResizeAxis]? {
    let sizes = sizesInput < 0 ? nil : inputs[optional: sizesInput]
    return try plan(
      inputs[0].shape, roi: roiInput < 0 ? nil : inputs[optional: roiInput]?.value,
      scales: scalesInput < 0 ? nil : inputs[optional: scalesInput]?.value, sizes: sizes?.value,
      hasSizes: sizes.map { $0.count > 0 } ?? false)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let x = inputs[0]
    try ShapeRules.rank(x, atLeast: 1)
    guard let plan = try plan(inputs) else { return [x.with(dims: [Int](repeating: -1, count: x.rank))] }
    if x.count == 0, plan.contains(where: { $0.length == 0 && $0.newLength > 0 }) {
      throw RuntimeError(.invalidArgument, "an empty tensor cannot be enlarged, got shape %v", shape: x.shape)
    }
    return [x.with(dims: plan.map { $0.newLength })]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard let plan = try? plan(inputs) else { return 0 }
    let tables = plan.reduce(0) { $0 + $1.newLength * (nearest == nil ? filter.taps($1) : 1) }
    if nearest != nil { return ScratchMemory.byteCount(tables * 4) + 16 }
    let type = interpolated(inputs[0].type)
    let count = 2 * ScratchMemory.byteCount(tables * 4) + ScratchMemory.byteCount(tables * 8) + 64 * plan.count
    return count + ScratchMemory.converting(inputs[0], to: type)
      + 2 * ScratchMemory.byteCount(type.byteCount(largest(plan)))
  }

  /// The type that elements are interpolated in: float64 where float32 would not hold them.
  private func interpolated(_ type: ElementType) -> ElementType {
    type == .float64 || type == .int64 || type == .uint64 ? .float64 : .float32
  }

  /// The elements of the largest tensor between two axes.
  private func largest(_ plan: [ResizeAxis]) -> Int {
    var dims = plan.map { $0.length }
    var most = 0
    for i in plan.indices {
      dims[i] = plan[i].newLength
      most = max(most, dims.productSaturating)
    }
    return most
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    let (x, output) = (call.inputs[0], call.outputs[0])
    guard output.count > 0 else { return }
    let sizes = sizesInput < 0 ? nil : call.inputs[optional: sizesInput]
    let plan = try plan(
      x.shape.dims, roi: roiInput < 0 ? nil : call.inputs[optional: roiInput],
      scales: scalesInput < 0 ? nil : call.inputs[optional: scalesInput], sizes: sizes,
      hasSizes: sizes.map { $0.count > 0 } ?? false)!
    if let nearest {
      runNearest(call, x, output, plan, nearest, &scratch)
      return
    }
    let type = interpolated(x.type)
    var from = scratch.converted(x, to: type, on: call.platform)
    let changed = plan.indices.filter { !plan[$0].isUnchanged(coordinates) }
    let room = Shape([largest(plan)])
    let spare = [scratch.tensor(type, room), scratch.tensor(type, room)]
    var dims = x.shape.dims
    for (i, axis) in changed.enumerated() {
      let target = i == changed.count - 1 && output.type == type ? output : spare[i % 2]
      let step = plan[axis]
      let taps = filter.taps(step)
      let indices = scratch.take(step.newLength * taps, of: Int32.self)
      let weights = scratch.take(step.newLength * taps, of: Double.self)
      filter.fill(step, coordinates, indices: indices, weights: weights)
      let (outer, inner) = (dims[..<axis].productSaturating, dims[(axis + 1)...].productSaturating)
      if type == .float64 {
        resample(
          call.platform, from.reals, outer: outer, length: step.length, inner: inner, newLength: step.newLength,
          taps: taps, indices: indices, weights: weights, outside: Double(outside), into: target.reals)
      } else {
        let narrow = scratch.take(step.newLength * taps, of: Float.self)
        for i in 0..<step.newLength * taps { narrow[i] = Float(weights[i]) }
        resample(
          call.platform, from.floats, outer: outer, length: step.length, inner: inner, newLength: step.newLength,
          Resampling(taps: taps, indices: indices, weights: narrow), outside: outside, into: target.floats)
      }
      dims[axis] = step.newLength
      from = target
    }
    if output.type == type, !changed.isEmpty { return }
    if let range = output.type.narrowRange, !changed.isEmpty {
      limit(call.platform, from.floats, output.count, to: range, rounds: filter.isAntialiased)
    }
    let result = Tensor(
      type, output.shape, Storage(borrowed: from.bytes, byteCount: type.byteCount(output.count)))
    cast(result, into: output, on: call.platform)
  }

  private func runNearest(
    _ call: Call, _ x: Tensor, _ output: Tensor, _ plan: [ResizeAxis], _ nearest: NearestMode,
    _ scratch: inout ScratchMemory
  ) {
    let tables = scratch.take(plan.reduce(0) { $0 + $1.newLength }, of: Int32.self)
    var table = tables
    for step in plan {
      for i in 0..<step.newLength { table[i] = step.nearest(i, coordinates, nearest) }
      table += step.newLength
    }
    var value = outside
    withUnsafeMutablePointer(to: &value) { pointer in
      let missing = scratch.tensor(x.type, .scalar)
      if x.type.rowType == nil {
        missing.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: x.type.byteWidth)
      } else {
        cast(
          Tensor(.float32, .scalar, Storage(borrowed: pointer, byteCount: 4)), into: missing, on: call.platform)
      }
      resizeNearest(call.platform, x, into: output, indices: tables, outside: missing.bytes)
    }
  }
}

extension ElementType {
  /// What the integers of at most 16 bits reach; filters overshoot it.
  fileprivate var narrowRange: ClosedRange<Float>? {
    switch self {
    case .int8: -128...127
    case .uint8: 0...255
    case .int16: -32768...32767
    case .uint16: 0...65535
    default: nil
    }
  }
}
