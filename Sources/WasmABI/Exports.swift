import Apus
import CKernels

// What the host may call: wasm/exports.txt lists it and wasm/ABI.md says what each takes, answers and owns. A status
// below 0 is an error, whose text and fields are then the response.

/// Of one instance of the module. The host makes an instance a session; natively, tests make many in one.
final class Instance {
  let control = Control()
  var sessions: [HostedSession?] = []
  /// What the host asked for, by address.
  var allocations: [Storage] = []
  let allocator = Allocator()
}

nonisolated(unsafe) let instance = Instance()

/// Runs `body`; what it throws becomes the response, and the status its code below 0.
private func status(_ body: () throws(RuntimeError) -> Int32) -> Int32 {
  do throws(RuntimeError) {
    return try body()
  } catch {
    let control = instance.control
    control.block.reset()
    control.block.text { $0.error(error) }
    return control.respond() ? -error.code.rawValue : -RuntimeError.Code.outOfMemory.rawValue
  }
}

/// Answers the block that `write` writes.
private func respond(_ write: (BlockWriter) throws(RuntimeError) -> Void) -> Int32 {
  status { () throws(RuntimeError) in
    let control = instance.control
    control.block.reset()
    try write(control.block)
    if !control.respond() { throw RuntimeError(.outOfMemory, "no memory for the answer") }
    return 0
  }
}

private func session(_ handle: Int32) throws(RuntimeError) -> HostedSession {
  guard handle > 0, handle <= instance.sessions.count, let session = instance.sessions[Int(handle) - 1] else {
    throw RuntimeError(.invalidArgument, "there is no session %d", Int(handle))
  }
  return session
}

private func request(_ block: UnsafeRawPointer?, _ byteCount: Int32) throws(RuntimeError) -> UnsafeRawBufferPointer {
  guard let block, byteCount >= 0 else { throw RuntimeError(.invalidArgument, "a request must not be empty") }
  return UnsafeRawBufferPointer(start: block, count: Int(byteCount))
}

/// No deadline where the host sets none.
private func deadline(_ milliseconds: Double) -> Double {
  milliseconds > 0 ? Host.now() + milliseconds : .infinity
}

@_expose(wasm, "apus_control")
@_cdecl("apus_control")
public func apusControl() -> UnsafeMutableRawPointer { UnsafeMutableRawPointer(instance.control.words) }

@_expose(wasm, "apus_allocate")
@_cdecl("apus_allocate")
public func apusAllocate(_ byteCount: UInt32) -> UnsafeMutableRawPointer? {
  guard let count = Int(exactly: byteCount), let storage = try? instance.allocator.allocate(byteCount: count) else {
    return nil
  }
  instance.allocations.append(storage)
  return storage.base
}

@_expose(wasm, "apus_free")
@_cdecl("apus_free")
public func apusFree(_ address: UnsafeMutableRawPointer?) {
  instance.allocations.removeAll { $0.base == address }
}

@_expose(wasm, "apus_create_begin")
@_cdecl("apus_create_begin")
public func apusCreateBegin(_ block: UnsafeRawPointer?, _ byteCount: Int32) -> Int32 {
  status { () throws(RuntimeError) in
    var block = try BlockReader(try request(block, byteCount))
    instance.sessions.append(HostedSession(try CreateRequest(&block), control: instance.control))
    return Int32(instance.sessions.count)
  }
}

@_expose(wasm, "apus_create_step")
@_cdecl("apus_create_step")
public func apusCreateStep(_ handle: Int32, _ milliseconds: Double) -> Int32 {
  status { () throws(RuntimeError) in try session(handle).load(until: deadline(milliseconds)) ? 0 : 1 }
}

@_expose(wasm, "apus_create_finish")
@_cdecl("apus_create_finish")
public func apusCreateFinish(_ handle: Int32) -> Int32 {
  respond { block throws(RuntimeError) in
    let session = try session(handle).session
    block.text { $0.description(of: session) }
  }
}

@_expose(wasm, "apus_run_begin")
@_cdecl("apus_run_begin")
public func apusRunBegin(_ handle: Int32, _ block: UnsafeRawPointer?, _ byteCount: Int32) -> Int32 {
  status { () throws(RuntimeError) in
    try session(handle).begin(try request(block, byteCount))
    return 0
  }
}

@_expose(wasm, "apus_run_step")
@_cdecl("apus_run_step")
public func apusRunStep(_ handle: Int32, _ milliseconds: Double) -> Int32 {
  status { () throws(RuntimeError) in try session(handle).advance(until: deadline(milliseconds)) ? 0 : 1 }
}

@_expose(wasm, "apus_run_finish")
@_cdecl("apus_run_finish")
public func apusRunFinish(_ handle: Int32) -> Int32 {
  respond { block throws(RuntimeError) in block.results(of: try session(handle).current) }
}

@_expose(wasm, "apus_run_end")
@_cdecl("apus_run_end")
public func apusRunEnd(_ handle: Int32) -> Int32 {
  status { () throws(RuntimeError) in
    try session(handle).end()
    return 0
  }
}

@_expose(wasm, "apus_profile")
@_cdecl("apus_profile")
public func apusProfile(_ handle: Int32, _ goesOn: Int32) -> Int32 {
  respond { block throws(RuntimeError) in
    let session = try session(handle).session
    block.text { $0.profile(session.profile?.entries ?? []) }
    session.profile = goesOn == 0 ? nil : Profile(clock: { Host.now() })
  }
}

@_expose(wasm, "apus_memory")
@_cdecl("apus_memory")
public func apusMemory(_ handle: Int32) -> Int32 {
  respond { block throws(RuntimeError) in
    let memory = try session(handle).session.memory
    block.text { $0.memory(memory) }
  }
}

/// Called by a worker thread on an instance of its own, on the memory of the one whose runs it helps with.
@_expose(wasm, "apus_work")
@_cdecl("apus_work")
public func apusWork(_ team: UnsafeMutableRawPointer, _ slot: Int32) { Team(team).work(slot: Int(slot)) }

@_expose(wasm, "apus_release")
@_cdecl("apus_release")
public func apusRelease(_ handle: Int32) -> Int32 {
  status { () throws(RuntimeError) in
    try session(handle).end()
    instance.sessions[Int(handle) - 1] = nil
    return 0
  }
}
