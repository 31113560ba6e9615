import CKernels
import Glibc
import Kernels

#if OPENBLAS
  import COpenBLAS
#endif

extension Platform {
  /// Threads and vectors of this machine; OpenBLAS, where it was built in and the processor has no vectors for our own
  /// tiles.
  ///
  /// - Parameters:
  ///   - threads: Threads, the caller among them; nil for one for each processor.
  ///   - blas: Whether sums of floats may be rounded as suits the processor, by OpenBLAS or by fused products; without
  ///     it results are those of `.serial`, bit for bit.
  ///   - vectors: The widest vectors to use.
  public static func native(
    threads: Int? = nil, blas: Bool = true, vectors: VectorLevel = .detected
  ) -> Platform {
    let vectors = min(vectors, .detected)
    let count = max(1, threads ?? processorCount)
    var dot: DotBytes?
    #if arch(x86_64)
      if vectors == .vnni { dot = wideDotBytes }
    #endif
    if vectors > .baseline, ck_hasDotBytes() != 0 { dot = { ck_dotBytes($0, $1, $2, $3, $4, $5) } }
    let hasLibrary = blas && vectors == .baseline
    if count == 1 {
      return Platform(
        sgemm: hasLibrary ? multiplication(on: .serial) : nil, dotBytes: dot, vectors: vectors, fuses: blas)
    }
    let pool = ThreadPool(threadCount: count)
    let loop: Loop = { count, task, context in pool.run(count, task, context) }
    let threaded = Platform(threadCount: count, loop: loop)
    return Platform(
      threadCount: count, loop: loop, sgemm: hasLibrary ? multiplication(on: threaded) : nil, dotBytes: dot,
      vectors: vectors, fuses: blas)
  }

  /// Processors that are there now.
  public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  private static func multiplication(on platform: Platform) -> (@Sendable (Sgemm) -> Bool)? {
    #if OPENBLAS
      // Threads of its own would spin beside ours: it gets one, and we split the output.
      openblas_set_num_threads(1)
      return { call in
        // Below this the call costs more than it saves.
        guard call.m * call.n * call.k >= 1 << 13 else { return false }
        let pieces = call.m * call.n >= (1 << 18) / max(call.k, 1) ? platform.threadCount : 1
        if call.n >= call.m {
          let size = ((call.n + pieces - 1) / pieces + 15) / 16 * 16
          platform.parallelFor((call.n + size - 1) / size) { piece in
            var part = call
            let first = piece * size
            part.n = min(size, call.n - first)
            part.b += call.transposeB ? first * call.ldb : first
            part.c += first
            blasMultiply(part)
          }
        } else {
          let size = ((call.m + pieces - 1) / pieces + 15) / 16 * 16
          platform.parallelFor((call.m + size - 1) / size) { piece in
            var part = call
            let first = piece * size
            part.m = min(size, call.m - first)
            part.a += call.transposeA ? first : first * call.lda
            part.c += first * call.ldc
            blasMultiply(part)
          }
        }
        return true
      }
    #else
      return nil
    #endif
  }
}

#if OPENBLAS
  private func blasMultiply(_ call: Platform.Sgemm) {
    cblas_sgemm(
      CblasRowMajor, call.transposeA ? CblasTrans : CblasNoTrans, call.transposeB ? CblasTrans : CblasNoTrans,
      blasint(call.m), blasint(call.n), blasint(call.k), call.alpha, call.a, blasint(call.lda), call.b,
      blasint(call.ldb), call.beta, call.c, blasint(call.ldc))
  }
#endif
