import CHost
import Kernels
import Tensors

#if canImport(NativePlatform)
  import NativePlatform
#endif

/// What a command has of the machine, beside its files.
struct Host {
  let terminal: Terminal
  private let context = Context()

  init(terminal: Terminal) { self.terminal = terminal }

  private final class Context {
    /// What an error was about, kept beside it on its way up.
    var subject: Name?
    /// Made once: its threads serve every session.
    var platform: Platform?
  }

  /// Runs `body`; an error that leaves it is said to be about `subject`, unless it is about something nearer.
  func about<R>(_ subject: Name, _ body: () throws(RuntimeError) -> R) throws(RuntimeError) -> R {
    do throws(RuntimeError) { return try body() } catch {
      if context.subject == nil { context.subject = subject }
      throw error
    }
  }

  /// The message of an error, with what it is about unless that is `known`; asked once an error.
  func message(_ error: RuntimeError, about known: Name = Name()) -> Name {
    let message = Name(text: error.message)
    defer { context.subject = nil }
    guard let subject = context.subject, subject != known else { return message }
    return subject + ": " + message
  }

  /// The threads and libraries that this machine gives; nil threads are as many as it has. WASI has one.
  func platform(threads: Int?, blas: Bool) -> Platform {
    if let platform = context.platform { return platform }
    #if canImport(NativePlatform)
      let platform = Platform.native(threads: threads, blas: blas)
    #else
      let platform = Platform.serial
    #endif
    context.platform = platform
    return platform
  }

  /// The command line without the program's own name.
  static func arguments() -> [Name] {
    var names: [Name] = []
    #if hasFeature(Embedded)
      var next = ch_arguments()
    #else
      var next = Optional(CommandLine.unsafeArgv)
    #endif
    while let argument = next?.pointee {
      names.append(Name(cString: argument))
      next = next.map { $0 + 1 }
    }
    return Array(names.dropFirst())
  }
}
