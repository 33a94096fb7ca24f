import SimBase

@testable import Raft

/// Several members whose every step is commanded, and whose every output is printed.
///
/// A transcript's commands are its methods; `run(_:)` lists them. Disks are instant, so that a crash loses nothing but
/// what was taken with `take` and not finished.
struct TextLab {
  private struct Member {
    var node: Node?
    var file: [UInt8]
    /// The state machine: what was applied, as text.
    var applied: [String] = []
    var taken: Ready?
  }

  private var members = Table<RaftID, Member>()
  private var network: [Message] = []
  private var cuts: Set<[RaftID]> = []
  private var config = RaftConfig()
  private var dice = Dice(seed: 1, label: "transcript")
  private var lines: [String] = []

  init() { config.keptEntries = 0 }

  /// Obeys one command and returns what there was to see.
  mutating func run(_ command: String) -> [String] {
    lines = []
    var words = command.split(separator: " ").map(String.init)
    let isQuiet = words.first == "quietly"
    if isQuiet { words.removeFirst() }
    obey(words)
    defer { lines = [] }
    return isQuiet ? [] : lines
  }

  private mutating func obey(_ words: [String]) {
    let options = words.compactMap { word -> (String, Int)? in
      let parts = word.split(separator: "=")
      return parts.count == 2 ? Int(parts[1]).map { (String(parts[0]), $0) } : nil
    }
    func option(_ name: String) -> Int? { options.first { $0.0 == name }?.1 }
    let ids = words.dropFirst().compactMap { Self.id($0) }
    switch words[0] {
    case "config":
      if let window = option("window") { config.maxInflightMessages = window }
      if let bytes = option("bytes") { config.maxBytesPerMessage = bytes }
      if let kept = option("kept") { config.keptEntries = UInt64(kept) }
    case "cluster": makeCluster(Int(words[1]) ?? 0)
    case "logs": rewriteLog(ids[0], words[2...].compactMap { UInt64($0) })
    case "found":
      let node = Node.founding(ids[0], payload: Shared(Note(words[1])), config: config, at: .zero, dice: &dice)
      members[ids[0]] = Member(node: node, file: RaftWAL.file([RaftRecord<Note>.owner(ids[0])]))
    case "join":
      let list = members[existing: ids[1]].node?.members.members ?? []
      let node = Node.joining(ids[0], members: list, config: config, at: .zero, dice: &dice)
      members[ids[0]] = Member(node: node, file: RaftWAL.file([RaftRecord<Note>.owner(ids[0])]))
    case "tick": for _ in 0..<(Int(words.count > 2 ? words[2] : "1") ?? 1) { tick(ids[0]) }
    case "timeout": change(ids[0]) { node, _ in node.electionTimeoutTicks = Int(words[2]) ?? 0 }
    case "campaign": step(ids[0], .campaign)
    case "propose":
      let note = Note(words[2])
      step(ids[0], .propose(Shared(note), size: option("size") ?? note.text.utf8.count))
    case "add", "remove", "update":
      let action: RaftChange.Action = words[0] == "add" ? .add : words[0] == "remove" ? .remove : .update
      step(ids[0], .proposeChange(RaftChange(action, ids[1]), Shared(Note(name(ids[1]))), size: 10))
    case "transfer": step(ids[0], .transferLeadership(to: ids[1]))
    case "unreachable": step(ids[0], .unreachable(ids[1]))
    case "snapshot-sent": step(ids[0], .snapshotSent(to: ids[1], succeeded: words[3] == "ok"))
    case "ready": process(ids[0])
    case "take": members.update(ids[0]) { $0.taken = $0.node?.takeReady() }
    case "deliver": deliver(to: ids[0])
    case "drop": network.removeAll { $0.from == ids[0] && $0.to == ids[1] }
    case "duplicate": network += network.filter { $0.from == ids[0] && $0.to == ids[1] }
    case "network": lines += network.map(\.text)
    case "cut":
      for a in ids[..<1] { for b in ids[1...] { cuts.formUnion([[a, b], [b, a]]) } }
    case "mute": for to in ids[1...] { cuts.insert([ids[0], to]) }
    case "heal": cuts = []
    case "settle": settle()
    case "compact": compact(ids[0])
    case "crash": members.update(ids[0]) { ($0.node, $0.taken, $0.applied) = (nil, nil, []) }
    case "restart": restart(ids[0])
    case "force-new-cluster": forceNewCluster(ids[0])
    case "status": for (id, member) in members { lines.append(Self.status(id, member.node)) }
    case "progress":
      for voter in members[existing: ids[0]].node?.voters ?? [] {
        let progress = members[existing: ids[0]].node?.progress(of: voter)
        lines.append("\(name(voter)) \(progress?.text ?? "unknown")")
      }
    case "log": printLog(ids[0])
    case "applied": lines.append("\(name(ids[0])) \(members[existing: ids[0]].applied.joined(separator: " "))")
    case "members":
      if let node = members[existing: ids[0]].node {
        let list = node.members.members.map { name($0.id) }.joined(separator: ",")
        let removed = node.members.removed.map { name($0) }.joined(separator: ",")
        let voters = node.voters.map { name($0) }.joined(separator: ",")
        lines.append("\(name(ids[0])) voters=\(voters) members=\(list) removed=\(removed)")
      }
    case "can-remove":
      let allowed = members[existing: ids[0]].node?.canRemove(ids[1], reachable: Array(ids[2...])) == true
      lines.append(allowed ? "yes" : "no")
    default: lines.append("no such command: \(words[0])")
    }
  }

  private static func id(_ word: String) -> RaftID? {
    word.hasPrefix("m") ? UInt64(word.dropFirst()).map { RaftID($0) } : nil
  }

  private static func status(_ id: RaftID, _ node: Node?) -> String {
    guard let status = node?.status else { return "\(name(id)) down" }
    return "\(name(id)) \(status.role) term=\(status.term) leader=\(name(status.leader)) last=\(status.lastIndex)"
      + " committed=\(status.committed) applied=\(status.applied)\(node?.isReadyForProposals == true ? " ready" : "")"
  }

  // MARK: Making members

  /// Members that agree on a first snapshot, so that nobody has to be elected before the story begins.
  private mutating func makeCluster(_ count: Int) {
    let ids = (1...UInt64(count)).map { RaftID($0) }
    let list = RaftMembership(members: ids.map { RaftMember(id: $0, payload: Shared(Note(name($0)))) })
    for id in ids {
      let snapshot = Snapshot(index: 1, term: 1, voters: ids, membership: list, payload: Shared(Note("start")))
      let hard = RaftHardState(term: 1, vote: nil, commit: 1)
      members[id] = Member(node: nil, file: RaftWAL.file([.owner(id), .snapshot(snapshot), .hardState(hard)]))
      restart(id)
      members.update(id) { $0.node?.campaignsIfAlone = false }
    }
  }

  /// Gives the member a log after the first snapshot whose entries have these terms, and restarts it in the last one.
  private mutating func rewriteLog(_ id: RaftID, _ terms: [UInt64]) {
    guard let durable = try? RaftWAL.read(members[existing: id].file, of: Note.self).durable else { return }
    var records: [RaftRecord<Note>] = durable.snapshot.map { [.owner(id), .snapshot($0)] } ?? []
    records.append(.hardState(RaftHardState(term: terms.last ?? 1, vote: nil, commit: 1)))
    for (place, term) in terms.enumerated() { records.append(.entry(Entry(UInt64(place) + 2, term))) }
    members.update(id) { $0.file = RaftWAL.file(records) }
    restart(id)
  }

  private mutating func restart(_ id: RaftID) {
    do {
      let (durable, whole) = try RaftWAL.read(members[existing: id].file, of: Note.self)
      members.update(id) {
        $0.file.removeSubrange(whole...)
        $0.node = Node(restarting: durable, config: config, at: .zero, dice: &dice)
        if let state = durable.snapshot?.payload { $0.applied = [state.value.text] }
      }
    } catch { lines.append("\(name(id)) cannot start: \(error)") }
  }

  private mutating func forceNewCluster(_ id: RaftID) {
    guard var durable = try? RaftWAL.read(members[existing: id].file, of: Note.self).durable else { return }
    let records = durable.forceNewCluster(payload: Shared(Note(name(id))), size: 10)
    for record in records {
      switch record {
      case .truncation(let index): lines.append("forget what follows \(index)")
      case .entry(let entry): lines.append("write \(entry.text)")
      case .hardState(let state): lines.append("write \(Self.text(state))")
      case .owner, .snapshot: break
      }
    }
    members.update(id) { RaftWAL.append(records, to: &$0.file) }
  }

  // MARK: Stepping

  private mutating func change(_ id: RaftID, _ body: (inout Node, inout Dice) -> Void) {
    members.update(id) { member in
      guard var node = member.node else { return }
      body(&node, &dice)
      member.node = node
    }
  }

  private mutating func tick(_ id: RaftID) {
    guard let deadline = members[existing: id].node?.nextDeadline else { return }
    members.update(id) { _ = $0.node?.step(.wake, at: deadline, dice: &dice) }
  }

  private mutating func step(_ id: RaftID, _ input: RaftInput<Note>) {
    switch members.update(id, { $0.node?.step(input, at: .zero, dice: &dice) }) ?? nil {
    case .appended(let index, let term)?: lines.append("\(name(id)) appended \(index)/\(term)")
    case .replaced(let index, let term)?: lines.append("\(name(id)) put an empty entry at \(index)/\(term)")
    case .dropped?: lines.append("\(name(id)) dropped it")
    case .noted?, nil: break
    }
  }

  private mutating func deliver(to id: RaftID) {
    let mine = network.filter { $0.to == id }
    network.removeAll { $0.to == id }
    for message in mine {
      guard let node = members[id]?.node else { continue }
      switch node.reception(of: message) {
      case .step, .checkCandidateFirst: step(id, .message(message))
      case .misaddressed, .unknownCandidate: lines.append("\(name(id)) ignores \(message.text)")
      case .senderIsRemoved: lines.append("\(name(id)) tells \(name(message.from)) that it was removed")
      }
    }
  }

  /// Does everything that there is to do, in the order of IDs, until nothing moves.
  private mutating func settle() {
    for _ in 0..<1_000 {
      var isQuiet = true
      for id in members.keys {
        while members[existing: id].node?.hasReady == true {
          process(id)
          isQuiet = false
        }
      }
      for id in members.keys where network.contains(where: { $0.to == id }) {
        deliver(to: id)
        isQuiet = false
      }
      if isQuiet { return }
    }
    lines.append("this does not settle")
  }

  private static func text(_ state: RaftHardState) -> String {
    "hard state term=\(state.term) vote=\(name(state.vote)) commit=\(state.commit)"
  }

  /// Obeys one `RaftReady`, printing it.
  private mutating func process(_ id: RaftID) {
    guard let ready = members[existing: id].taken ?? members.update(id, { $0.node?.takeReady() }) ?? nil else {
      lines.append("\(name(id)) has nothing to do")
      return
    }
    lines.append("\(name(id)):")
    if let snapshot = ready.snapshot { lines.append("  save snapshot \(snapshot.text)") }
    if let state = ready.hardState { lines.append("  save \(Self.text(state))") }
    if !ready.entries.isEmpty { lines.append("  save \(ready.entries.map(\.text).joined(separator: ", "))") }
    members.update(id) { RaftWAL.append(ready.records, to: &$0.file) }
    for message in ready.messages {
      let isCut = cuts.contains([message.from, message.to]) || members[message.to]?.node == nil
      lines.append("  \(message.text)\(isCut ? " (lost)" : "")")
      if !isCut { network.append(message) }
    }
    if let soft = ready.softState { lines.append("  is \(soft.role), leader \(name(soft.leader))") }
    if let snapshot = ready.snapshot {
      members.update(id) { $0.applied = [snapshot.payload?.value.text ?? ""] }
      lines.append("  load snapshot \(snapshot.index)")
    }
    for entry in ready.committed {
      lines.append("  apply \(entry.text)")
      if case .normal = entry.kind { members.update(id) { $0.applied.append(entry.payload?.value.text ?? "") } }
    }
    members.update(id) {
      $0.taken = nil
      $0.node?.advance(dice: &dice)
    }
    if ready.removesLeader { lines.append("  its leader was removed") }
    if ready.removesSelf { lines.append("  was removed") }
  }

  private mutating func compact(_ id: RaftID) {
    let state = Note(members[existing: id].applied.joined(separator: " "))
    guard let snapshot = members[existing: id].node?.makeSnapshot(Shared(state), size: state.text.utf8.count) else {
      return
    }
    members.update(id) {
      RaftWAL.append([.snapshot(snapshot)], to: &$0.file)
      _ = $0.node?.compact(to: snapshot)
    }
    lines.append("\(name(id)) snapshot \(snapshot.text), log from \(members[existing: id].node?.firstIndex ?? 0)")
  }

  private mutating func printLog(_ id: RaftID) {
    guard let node = members[existing: id].node else { return }
    if node.firstIndex > node.status.lastIndex { return lines.append("\(name(id)) empty") }
    for index in node.firstIndex...node.status.lastIndex { lines.append(node.entry(at: index)?.text ?? "missing") }
  }
}
