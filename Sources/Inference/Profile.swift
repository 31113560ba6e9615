import GraphIR
import Tensors

/// Time spent per node, gathered while a session runs.
public final class Profile {
  /// One node's share.
  public struct Entry {
    public let name: Name
    public let opType: Name
    public var runCount: Int
    /// Milliseconds over all runs.
    public var milliseconds: Double
  }

  let clock: () -> Double
  public private(set) var entries: [Entry] = []
  private var indexOf: NameTable = [:]

  /// `clock` answers milliseconds since any fixed moment.
  public init(clock: @escaping () -> Double) { self.clock = clock }

  func record(_ node: Node, _ milliseconds: Double) {
    // A node is known by its first output's place in the run; names may repeat, so the type goes with it.
    let key = node.name + Name(":") + node.opType
    if let index = indexOf[key] {
      entries[index].runCount += 1
      entries[index].milliseconds += milliseconds
    } else {
      indexOf[key] = entries.count
      entries.append(Entry(name: node.name, opType: node.opType, runCount: 1, milliseconds: milliseconds))
    }
  }

  /// The entries added up by operator, the costliest first.
  public var byOperator: [Entry] {
    var sums: [Entry] = []
    for entry in entries {
      if let i = sums.firstIndex(where: { $0.opType == entry.opType }) {
        sums[i].runCount += entry.runCount
        sums[i].milliseconds += entry.milliseconds
      } else {
        sums.append(
          Entry(name: Name(), opType: entry.opType, runCount: entry.runCount, milliseconds: entry.milliseconds))
      }
    }
    return sums.sorted { $0.milliseconds > $1.milliseconds }
  }
}
