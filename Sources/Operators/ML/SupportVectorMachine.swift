import GraphIR
import Kernels
import Tensors

/// The kernel function of a support vector machine, and its vectors.
private struct VectorKernel {
  private enum Function { case linear, polynomial, radial, sigmoid }

  private let function: Function
  private let gamma: Double
  private let offset: Double
  private let degree: Double

  init(_ site: Site) throws(RuntimeError) {
    let name = try site.string("kernel_type") ?? "LINEAR"
    switch name {
    case _ where name == "LINEAR": function = .linear
    case _ where name == "POLY": function = .polynomial
    case _ where name == "RBF": function = .radial
    case _ where name == "SIGMOID": function = .sigmoid
    default: throw RuntimeError(.invalidGraph, "kernel_type %s is not known", name: name)
    }
    let numbers = try site.floats("kernel_params") ?? []
    guard numbers.isEmpty || numbers.count == 3 else {
      throw RuntimeError(.invalidGraph, "kernel_params must be 3 numbers, got %d", numbers.count)
    }
    gamma = Double(numbers.isEmpty ? 0 : numbers[0])
    offset = Double(numbers.isEmpty ? 0 : numbers[1])
    degree = Double(numbers.isEmpty ? 0 : numbers[2])
  }

  func callAsFunction(_ x: UnsafePointer<Float>, _ vector: UnsafePointer<Float>, _ count: Int) -> Double {
    var sum = 0.0
    if function == .radial {
      for i in 0..<count {
        let difference = Double(x[i]) - Double(vector[i])
        sum += difference * difference
      }
      return CMath.exp(-gamma * sum)
    }
    for i in 0..<count { sum += Double(x[i]) * Double(vector[i]) }
    switch function {
    case .polynomial: return CMath.pow(gamma * sum + offset, degree)
    case .sigmoid: return CMath.tanh(gamma * sum + offset)
    default: return sum
    }
  }
}

/// A number for each row from its likeness to support vectors, or the sign of it where there is one class.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_SVMRegressor.html>
struct SVMRegressor: OperatorKernel {
  private let kernel: VectorKernel
  private let vectors: [Float]
  private let coefficients: [Float]
  private let rho: Double
  private let isOneClass: Bool
  private let transform: PostTransform
  /// How many vectors there are; without any the coefficients are a weight for each feature.
  private let count: Int

  init(_ site: Site) throws(RuntimeError) {
    kernel = try VectorKernel(site)
    vectors = try site.floats("support_vectors") ?? []
    coefficients = try site.floats("coefficients") ?? []
    count = try site.int("n_supports", default: 0)
    let rho = try site.floats("rho") ?? []
    isOneClass = try site.flag("one_class")
    transform = try Scores.transform(site)
    guard rho.count == 1, count >= 0, !coefficients.isEmpty,
      count == 0 || coefficients.count == count && vectors.count % count == 0
    else {
      throw RuntimeError(
        .invalidGraph, "%d support vectors of %d numbers do not fit %d coefficients", count, vectors.count,
        coefficients.count)
    }
    self.rho = Double(rho[0])
  }

  private var features: Int { count == 0 ? coefficients.count : vectors.count / count }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (rows, columns) = try Scores.rows(inputs[0])
    guard columns == features else {
      throw RuntimeError(.invalidArgument, "the machine looks at %d features, got %d", features, columns)
    }
    return [Fact(.float32, [rows, 1])]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { ScratchMemory.converting(inputs[0], to: .float32) }

  func run(_ call: Call) {
    var scratch = ScratchMemory(call)
    let x = scratch.converted(call.inputs[0], to: .float32, on: call.platform)
    let (rows, columns) = Scores.rows(x.shape.dims)
    let output = call.outputs[0]
    coefficients.withUnsafeBufferPointer { weights in
      vectors.withUnsafeBufferPointer { vectors in
        for row in 0..<rows {
          let from = UnsafePointer(x.floats + row * columns)
          var sum = rho
          if count == 0 {
            for i in 0..<columns { sum += Double(from[i]) * Double(weights[i]) }
          } else {
            for i in 0..<count where columns > 0 {
              sum += Double(weights[i]) * kernel(from, vectors.baseAddress! + i * columns, columns)
            }
          }
          if isOneClass { sum = sum > 0 ? 1 : -1 }
          transform.apply(&sum, 1)
          output.floats[row] = Float(sum)
        }
      }
    }
  }
}

/// The class of each row: every two classes are told apart by the vectors of both, and the one with most votes wins.
///
/// Without vectors there is a row of coefficients for each class. With `prob_a` and `prob_b` scores are probabilities,
/// coupled from those of pairs as Wu, Lin and Weng do it; otherwise those of the pairs. The votes decide all the same.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_SVMClassifier.html>
struct SVMClassifier: OperatorKernel {
  private let kernel: VectorKernel
  private let vectors: [Float]
  private let coefficients: [Float]
  private let rho: [Float]
  private let probA: [Float]
  private let probB: [Float]
  private let transform: PostTransform
  private let labels: ClassLabels
  /// How many vectors each class has, and where its first one is.
  private let counts: [Int]
  private let starts: [Int]
  private let total: Int

  init(_ site: Site) throws(RuntimeError) {
    kernel = try VectorKernel(site)
    vectors = try site.floats("support_vectors") ?? []
    coefficients = try site.floats("coefficients") ?? []
    rho = try site.floats("rho") ?? []
    (probA, probB) = (try site.floats("prob_a") ?? [], try site.floats("prob_b") ?? [])
    transform = try Scores.transform(site)
    labels = try ClassLabels(site, strings: "classlabels_strings", integers: "classlabels_ints")
    counts = try site.ints("vectors_per_class") ?? []
    var (starts, total): ([Int], Int) = ([], 0)
    for count in counts {
      starts.append(total)
      guard count >= 0, count <= vectors.count - total else {
        throw RuntimeError(
          .invalidGraph, "vectors_per_class must be some of %d numbers, got %d", vectors.count, count)
      }
      total += count
    }
    (self.starts, self.total) = (starts, total)
    let classes = counts.isEmpty ? labels.count : counts.count
    guard classes > 0, classes < 1 << 12, labels.count == classes else {
      throw RuntimeError(.invalidGraph, "there must be 1 to 4095 classes and as many labels, got %d", classes)
    }
    let pairs = classes * (classes - 1) / 2
    let fits =
      total == 0
      ? coefficients.count % classes == 0 && !rho.isEmpty
      : vectors.count % total == 0 && coefficients.count == [total, classes - 1].productSaturating && rho.count == pairs
    guard fits, !coefficients.isEmpty,
      probA.count == probB.count, probA.isEmpty || probA.count == pairs
    else {
      throw RuntimeError(
        .invalidGraph, "%d classes do not fit %d support vectors and %d coefficients", classes, total,
        coefficients.count)
    }
  }

  private var classes: Int { labels.count }
  private var pairs: Int { classes * (classes - 1) / 2 }
  private var features: Int { total == 0 ? coefficients.count / classes : vectors.count / total }
  private var isProbable: Bool { total > 0 && !probA.isEmpty }
  /// Scores of one pair are given for both of its classes.
  private var scoreCount: Int { total == 0 || isProbable || classes == 2 ? classes : pairs }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (rows, columns) = try Scores.rows(inputs[0])
    guard columns == features else {
      throw RuntimeError(.invalidArgument, "the machine looks at %d features, got %d", features, columns)
    }
    return [Fact(labels.type, [rows]), Fact(.float32, [rows, scoreCount])]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let sizes = [max(pairs, classes) + 1, total, classes, classes * classes, classes * classes, classes]
    return sizes.reduce(ScratchMemory.converting(inputs[0], to: .float32)) { $0 + ScratchMemory.byteCount($1 * 8) }
  }

  func run(_ call: Call) {
    var scratch = ScratchMemory(call)
    let x = scratch.converted(call.inputs[0], to: .float32, on: call.platform)
    let (rows, columns) = Scores.rows(x.shape.dims)
    let scores = scratch.take(max(pairs, classes) + 1, of: Double.self)
    let likeness = scratch.take(total, of: Double.self)
    let votes = scratch.take(classes, of: Double.self)
    for row in 0..<rows {
      let from = UnsafePointer(x.floats + row * columns)
      let best: Int
      if total == 0 {
        byClass(from, columns, scores)
        best = largest(scores)
      } else {
        vectors.withUnsafeBufferPointer { vectors in
          for i in 0..<total where columns > 0 {
            likeness[i] = kernel(from, vectors.baseAddress! + i * columns, columns)
          }
        }
        byPairs(likeness, scores, votes)
        best = largest(votes)
        if isProbable { probabilities(scores, scratch) }
      }
      finish(scores)
      if let out = call.outputs[optional: 0] { labels.store(best, row: row, into: out) }
      if let out = call.outputs[optional: 1] { Scores.store(scores, scoreCount, into: out.floats + row * scoreCount) }
    }
  }

  /// The last steps of a row's scores. A pair's alone is given for both classes.
  private func finish(_ scores: UnsafeMutablePointer<Double>) {
    guard total > 0, classes == 2, !isProbable else { return transform.apply(scores, scoreCount) }
    let isOpposite = transform == .none || transform == .logistic
    (scores[0], scores[1]) = Scores.pair(scores[0], isOpposite ? .opposite : .complement, transform)
  }

  private func largest(_ list: UnsafePointer<Double>) -> Int {
    var best = 0
    for i in 1..<max(classes, 1) where list[i] > list[best] { best = i }
    return best
  }

  private func byClass(_ x: UnsafePointer<Float>, _ columns: Int, _ scores: UnsafeMutablePointer<Double>) {
    coefficients.withUnsafeBufferPointer { weights in
      for i in 0..<classes {
        scores[i] = Double(rho[0]) + kernel(x, weights.baseAddress! + i * columns, columns)
      }
    }
  }

  private func byPairs(
    _ likeness: UnsafePointer<Double>, _ scores: UnsafeMutablePointer<Double>, _ votes: UnsafeMutablePointer<Double>
  ) {
    for i in 0..<classes { votes[i] = 0 }
    var pair = 0
    for i in 0..<classes {
      for j in (i + 1)..<max(classes, i + 1) {
        var sum = Double(rho[pair])
        for k in starts[i]..<(starts[i] + counts[i]) { sum += Double(coefficients[(j - 1) * total + k]) * likeness[k] }
        for k in starts[j]..<(starts[j] + counts[j]) { sum += Double(coefficients[i * total + k]) * likeness[k] }
        scores[pair] = sum
        votes[sum > 0 ? i : j] += 1
        pair += 1
      }
    }
  }

  /// Probabilities of the classes from those of the pairs: the fixed point of Wu, Lin and Weng's second method.
  private func probabilities(_ scores: UnsafeMutablePointer<Double>, _ scratch: ScratchMemory) {
    var scratch = scratch
    let n = classes
    let r = scratch.take(n * n, of: Double.self)
    let q = scratch.take(n * n, of: Double.self)
    let qp = scratch.take(n, of: Double.self)
    var pair = 0
    for i in 0..<n {
      for j in (i + 1)..<max(n, i + 1) {
        let x = scores[pair] * Double(probA[pair]) + Double(probB[pair])
        let p = min(max(PostTransform.logistic(-x), 1e-7), 1 - 1e-7)
        (r[i * n + j], r[j * n + i]) = (p, 1 - p)
        pair += 1
      }
    }
    for i in 0..<n {
      scores[i] = 1 / Double(n)
      q[i * n + i] = 0
      for j in 0..<n where j != i {
        q[i * n + i] += r[j * n + i] * r[j * n + i]
        q[i * n + j] = -r[j * n + i] * r[i * n + j]
      }
    }
    for _ in 0..<max(100, n) {
      var total = 0.0
      for i in 0..<n {
        qp[i] = (0..<n).reduce(0) { $0 + q[i * n + $1] * scores[$1] }
        total += scores[i] * qp[i]
      }
      let error = (0..<n).reduce(0) { max($0, (qp[$1] - total).magnitude) }
      if error < 0.005 / Double(n) { break }
      for i in 0..<n {
        let step = (total - qp[i]) / q[i * n + i]
        scores[i] += step
        total = (total + step * (step * q[i * n + i] + 2 * qp[i])) / (1 + step) / (1 + step)
        for j in 0..<n {
          qp[j] = (qp[j] + step * q[i * n + j]) / (1 + step)
          scores[j] /= 1 + step
        }
      }
    }
  }
}
