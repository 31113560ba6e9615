import GraphIR
import Kernels
import Tensors

/// Counts the n-grams of a pool in each row of words or numbers: [C] or [N, C] to [columns] or [N, columns].
///
/// Between the items of an n-gram as many others may lie as are skipped.
///
/// <https://onnx.ai/onnx/operators/onnx__TfIdfVectorizer.html>
struct TfIdfVectorizer: OperatorKernel {
  private let lengths: ClosedRange<Int>
  private let mostSkipped: Int
  private let columns: Int
  private let isOfStrings: Bool
  /// Of each n-gram, by its items, its place in the lists.
  private let pool: NameTable
  private let columnOf: [Int]
  /// Whether an n-gram counts as often as it is there, not once.
  private let isCounted: Bool
  private let weights: [Float]?

  init(_ site: Site) throws(RuntimeError) {
    let least = try site.required("min_gram_length", try site.node.attributes.int("min_gram_length"))
    let most = try site.required("max_gram_length", try site.node.attributes.int("max_gram_length"))
    mostSkipped = try site.required("max_skip_count", try site.node.attributes.int("max_skip_count"))
    guard least > 0, least <= most, most < 1 << 20, mostSkipped >= 0, mostSkipped < 1 << 20 else {
      throw RuntimeError(
        .invalidGraph, "lengths of n-grams and skips must be above 0 and ordered, got %d, %d and %d", least, most,
        mostSkipped)
    }
    lengths = least...most
    columnOf = try site.required("ngram_indexes", try site.ints("ngram_indexes"))
    guard columnOf.allSatisfy({ $0 >= 0 }) else {
      throw RuntimeError(.invalidGraph, "ngram_indexes must not be negative, got %v", shape: columnOf)
    }
    columns = (columnOf.max() ?? -1) &+ 1
    let mode = try site.required("mode", try site.string("mode"))
    guard mode == "TF" || mode == "IDF" || mode == "TFIDF" else {
      throw RuntimeError(.invalidGraph, "mode must be TF, IDF or TFIDF, got %s", name: mode)
    }
    isCounted = !(mode == "IDF")
    weights = mode == "TF" ? nil : try site.floats("weights")
    if let weights, weights.count != columnOf.count {
      throw RuntimeError(.invalidGraph, "weights must be %d numbers, got %d", columnOf.count, weights.count)
    }
    let words = try site.strings("pool_strings")
    let numbers = try site.int64s("pool_int64s")
    guard (words == nil) != (numbers == nil) else {
      throw RuntimeError(.invalidGraph, "one of pool_strings and pool_int64s must be there")
    }
    isOfStrings = words != nil
    site.types.first = isOfStrings ? .string : .indices
    let counts = try site.required("ngram_counts", try site.ints("ngram_counts"))
    pool = try TfIdfVectorizer.pool(
      counts, itemCount: words?.count ?? numbers!.count, limit: columnOf.count
    ) { item, key in
      if let words {
        TfIdfVectorizer.add(words[item], to: &key)
      } else {
        TfIdfVectorizer.add(numbers![item], to: &key)
      }
    }
  }

  /// The n-grams of the lists that begin at `starts`: of single items, of pairs, and so on.
  private static func pool(
    _ starts: [Int], itemCount: Int, limit: Int, _ add: (Int, inout Name) -> Void
  ) throws(RuntimeError) -> NameTable {
    var pool: NameTable = [:]
    var gram = 0
    for (i, start) in starts.enumerated() {
      let end = i + 1 < starts.count ? starts[i + 1] : itemCount
      guard start >= 0, start <= end, end <= itemCount, (end - start) % (i + 1) == 0 else {
        throw RuntimeError(
          .invalidGraph, "ngram_counts must begin lists of %d items each in %d, got %v", shape: starts, i + 1,
          itemCount)
      }
      for first in stride(from: start, to: end, by: i + 1) {
        var key = Name()
        for item in first...first + i { add(item, &key) }
        if pool[key] == nil { pool[key] = gram }
        gram += 1
      }
    }
    guard gram == limit else {
      throw RuntimeError(.invalidGraph, "ngram_indexes must have a column for each of %d n-grams, got %d", gram, limit)
    }
    return pool
  }

  /// An item as part of a key: keys of different n-grams differ.
  private static func add(_ word: Name, to key: inout Name) {
    add(Int64(word.bytes.count), to: &key)
    key.bytes += word.bytes
  }

  private static func add(_ number: Int64, to key: inout Name) {
    for shift in stride(from: 0, to: 64, by: 8) { key.bytes.append(UInt8(truncatingIfNeeded: number >> Int64(shift))) }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let x = inputs[0]
    guard x.rank == 1 || x.rank == 2 else {
      throw RuntimeError(.invalidArgument, "the input must have rank 1 or 2, got %v", shape: x.shape)
    }
    return [Fact(.float32, x.shape.dropLast() + [columns])]
  }

  func run(_ call: Call) {
    let (x, output) = (call.inputs[0], call.outputs[0])
    let length = x.shape.dims.last!
    let target = output.floats
    for i in 0..<output.count { target[i] = 0 }
    guard columns > 0, length > 0 else { return }
    for row in 0..<x.count / length {
      for count in lengths where count <= length {
        for step in 1...(count == 1 ? 1 : mostSkipped + 1) {
          let reach = (count - 1) * step
          if reach >= length { break }
          for first in row * length..<(row + 1) * length - reach {
            var key = Name()
            for i in 0..<count {
              let item = first + i * step
              if isOfStrings {
                TfIdfVectorizer.add(x.storage.strings[item], to: &key)
              } else {
                TfIdfVectorizer.add(x.int64(item), to: &key)
              }
            }
            guard let gram = pool[key] else { continue }
            let place = row * columns + columnOf[gram]
            target[place] = (isCounted ? target[place] : 0) + (weights?[gram] ?? 1)
          }
        }
      }
    }
  }
}
