import SimBase

/// `sed`: a script of commands, each for the lines that its addresses choose.
///
/// Source: POSIX.1-2017, `sed`; `-i`, `-E`, `I`, `\+` and `first~step` as GNU has them.
struct Sed: LineFilter {
  indirect enum Address: Sendable {
    case line(Int)
    case last
    case regex(PosixRegex?)
    case step(first: Int, by: Int)
    /// `addr,+N`.
    case following(Int)
  }

  enum Action: Sendable {
    case substitute(Substitution)
    case delete, deleteFirst, print, printFirst, printNumber
    case quit(Int, prints: Bool)
    case append(String), insert(String), change(String)
    case next, appendNext
    case hold, holdAppend, get, getAppend, exchange
    case translate([UInt8: [UInt8]])
    case label(String), branch(String), branchIfChanged(String)
    case open, close
    case write(String)
  }

  struct Substitution: Sendable {
    var regex: PosixRegex?
    var replacement: [ReplacementPiece]
    var occurrence = 1
    var isGlobal = false
    var prints = false
    var file: String?
  }

  enum ReplacementPiece: Sendable {
    case text([UInt8])
    case group(Int)
    case change(CaseChange)
  }

  enum CaseChange: Sendable { case upper, lower, upperNext, lowerNext, end }

  struct Command: Sendable {
    var first: Address?
    var second: Address?
    var isNegated = false
    var action: Action
    /// Whether a range has begun and not ended, and the line at which a counted one ends.
    var isInRange = false
    var rangeEnd = 0
  }

  var rest: [UInt8] = []
  private var commands: [Command]
  private let isQuiet: Bool
  private var number = 0
  private var held: [UInt8] = []
  private var hasChanged = false
  private var lastRegex: PosixRegex?
  private var appended: [[UInt8]] = []
  private var hasQuit = false
  private var status = 0
  /// The line read last: it is worked on when the next one comes, so that `$` knows the last.
  private var waiting: (bytes: [UInt8], hasEnd: Bool)?
  /// Where the script goes on with the next line, after `n`, or after `N` with what the space already holds.
  private var resumption: (space: [UInt8]?, at: Int)?

  init(commands: [Command], isQuiet: Bool) {
    self.commands = commands
    self.isQuiet = isQuiet
  }

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var scripts: [String] = []
    var (isQuiet, isExtended, isInPlace) = (false, false, false)
    var reader = OptionReader(call.arguments)
    while let option = reader.next() {
      switch option {
      case "n": isQuiet = true
      case "E", "r": isExtended = true
      case "e": scripts.append(reader.value() ?? "")
      case "f":
        let path = reader.value() ?? ""
        guard let text = call.files.text(call.absolute(path)) else {
          return call.fail("\(path): No such file or directory")
        }
        scripts.append(text)
      case "i", "--in-place": isInPlace = true
      case "s", "u", "z": break
      default: return call.fail("unrecognized option: \(option)")
      }
    }
    var operands = reader.operands
    if scripts.isEmpty {
      if operands.isEmpty { return call.fail("no script given") }
      scripts.append(operands.removeFirst())
    }
    do throws(SedReader.Failure) {
      var script = SedReader(scripts.joined(separator: "\n"), isExtended: isExtended, directory: call.directory)
      let sed = Sed(commands: try script.commands(), isQuiet: isQuiet)
      return isInPlace ? edit(operands, sed, &call) : .filter(sed, operands)
    } catch {
      return call.fail(error.message)
    }
  }

  /// `sed -i`: each file by itself.
  private static func edit(_ paths: [String], _ fresh: Sed, _ call: inout Applet.Call) -> Applet.Start {
    var status = 0
    for word in paths {
      let path = call.absolute(word)
      do throws(FileError) {
        var sed = fresh
        var sink = Sink()
        sed.take(try call.files.read(path), &sink)
        sed.endSource(&sink)
        status = max(status, sed.finish(&sink))
        try call.files.write(path, sink.out, at: call.now)
        call.sink.additions += sink.additions
      } catch {
        call.sink.complain("sed: \(word): \(error.sentence)")
        status = 1
      }
    }
    return .done(status)
  }

  // MARK: Lines

  var isSatisfied: Bool { hasQuit }

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    if let (bytes, hadEnd) = waiting { work(bytes, hasEnd: hadEnd, isLast: false, &sink) }
    waiting = (Array(line), hasEnd)
  }

  mutating func finish(_ sink: inout Sink) -> Int {
    if let (bytes, hadEnd) = waiting, !hasQuit { work(bytes, hasEnd: hadEnd, isLast: true, &sink) }
    waiting = nil
    return status
  }

  private mutating func work(_ bytes: [UInt8], hasEnd: Bool, isLast: Bool, _ sink: inout Sink) {
    if hasQuit { return }
    number += 1
    var space = bytes
    var start = 0
    if let (before, at) = resumption {
      if let before { space = before + [newlineByte] + bytes }
      start = at
      resumption = nil
    } else {
      hasChanged = false
    }
    run(&space, from: start, isLast: isLast, hasEnd: hasEnd, &sink)
  }

  private mutating func run(_ space: inout [UInt8], from start: Int, isLast: Bool, hasEnd: Bool, _ sink: inout Sink) {
    var at = start
    var steps = 0
    var shows = !isQuiet
    script: while at < commands.count {
      steps += 1
      // A loop that never ends in a script is a slip; it ends here rather than never.
      if steps > 100_000 { break }
      let place = at
      at += 1
      let isChosen = chooses(place, space, isLast: isLast)
      let action = commands[place].action
      guard isChosen else {
        if case .open = action { at = end(of: place) }
        continue
      }
      switch action {
      case .substitute(let substitution):
        if substitute(substitution, &space) {
          hasChanged = true
          if substitution.prints { sink.print(space) }
          if let file = substitution.file {
            sink.additions.append(FileAddition(path: file, bytes: space + [newlineByte]))
          }
        }
      case .delete:
        shows = false
        break script
      case .deleteFirst:
        guard let end = space.firstIndex(of: newlineByte) else {
          shows = false
          break script
        }
        space.removeSubrange(...end)
        at = 0
      case .print: sink.print(space)
      case .printFirst: sink.print(space.prefix { $0 != newlineByte })
      case .printNumber: sink.print(String(number))
      case .quit(let code, let prints):
        hasQuit = true
        status = code
        if !prints { shows = false }
        break script
      case .append(let text): appended.append(Array(text.utf8))
      case .insert(let text): sink.print(text)
      case .change(let text):
        if commands[place].second == nil || !commands[place].isInRange { sink.print(text) }
        shows = false
        break script
      case .next:
        if isLast { break script }
        if !isQuiet { sink.print(space) }
        resumption = (nil, at)
        flushAppended(&sink)
        return
      case .appendNext:
        if isLast { break script }
        resumption = (space, at)
        return
      case .hold: held = space
      case .holdAppend: held += [newlineByte] + space
      case .get: space = held
      case .getAppend: space += [newlineByte] + held
      case .exchange: swap(&held, &space)
      case .translate(let map): space = space.flatMap { map[$0] ?? [$0] }
      case .label, .open, .close: break
      case .branch(let label): at = target(label)
      case .branchIfChanged(let label):
        if hasChanged { at = target(label) }
        hasChanged = false
      case .write(let path): sink.additions.append(FileAddition(path: path, bytes: space + [newlineByte]))
      }
    }
    if shows {
      sink.out += space
      if hasEnd || !isLast { sink.out.append(newlineByte) }
    }
    flushAppended(&sink)
  }

  private mutating func flushAppended(_ sink: inout Sink) {
    for text in appended { sink.print(text) }
    appended = []
  }

  private func end(of open: Int) -> Int {
    var depth = 0
    for place in open..<commands.count {
      switch commands[place].action {
      case .open: depth += 1
      case .close:
        depth -= 1
        if depth == 0 { return place + 1 }
      default: break
      }
    }
    return commands.count
  }

  private func target(_ label: String) -> Int {
    if label.isEmpty { return commands.count }
    return commands.firstIndex { if case .label(let name) = $0.action { name == label } else { false } }
      ?? commands.count
  }

  // MARK: Addresses

  private mutating func chooses(_ place: Int, _ space: [UInt8], isLast: Bool) -> Bool {
    guard let first = commands[place].first else { return true }
    let isIn: Bool
    if let second = commands[place].second {
      isIn = range(place, first, second, space, isLast: isLast)
    } else {
      isIn = matches(first, space, isLast: isLast)
    }
    return isIn != commands[place].isNegated
  }

  private mutating func range(_ place: Int, _ first: Address, _ second: Address, _ space: [UInt8], isLast: Bool) -> Bool
  {
    if commands[place].isInRange {
      switch second {
      case .line(let end):
        commands[place].isInRange = number < end
        return number <= end
      case .following: commands[place].isInRange = number < commands[place].rangeEnd
      default: commands[place].isInRange = !matches(second, space, isLast: isLast)
      }
      return true
    }
    guard matches(first, space, isLast: isLast) else { return false }
    switch second {
    case .line(let end): commands[place].isInRange = end > number
    case .following(let count):
      commands[place].rangeEnd = number + count
      commands[place].isInRange = count > 0
    default: commands[place].isInRange = !isLast
    }
    return true
  }

  private mutating func matches(_ address: Address, _ space: [UInt8], isLast: Bool) -> Bool {
    switch address {
    case .line(let wanted): return number == wanted
    case .last: return isLast
    case .step(let first, let by): return by == 0 ? number == first : number >= first && (number - first) % by == 0
    case .following: return false
    case .regex(let regex):
      if let regex { lastRegex = regex }
      return lastRegex?.matches(space) ?? false
    }
  }

  // MARK: s///

  private mutating func substitute(_ substitution: Substitution, _ space: inout [UInt8]) -> Bool {
    if let regex = substitution.regex { lastRegex = regex }
    guard let regex = lastRegex else { return false }
    var matches = regex.allMatches(in: space)
    matches.removeFirst(min(substitution.occurrence - 1, matches.count))
    if !substitution.isGlobal { matches = Array(matches.prefix(1)) }
    if matches.isEmpty { return false }
    var result: [UInt8] = []
    var at = 0
    for match in matches {
      result += space[at..<match.range.lowerBound]
      result += filled(substitution.replacement, match, space)
      at = match.range.upperBound
    }
    space = result + space[at...]
    return true
  }

  private func filled(_ pieces: [ReplacementPiece], _ match: PosixRegex.Match, _ space: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var lasting = CaseChange.end
    var once = CaseChange.end
    for piece in pieces {
      var bytes: [UInt8] = []
      switch piece {
      case .text(let text): bytes = text
      case .group(let number): bytes = match.group(number).map { Array(space[$0]) } ?? []
      case .change(let change):
        switch change {
        case .upperNext, .lowerNext: once = change
        case .upper, .lower, .end: lasting = change
        }
      }
      if bytes.isEmpty { continue }
      var text = String(decoding: bytes, as: UTF8.self)
      if case .upper = lasting { text = text.uppercased() }
      if case .lower = lasting { text = text.lowercased() }
      if case .upperNext = once { text = text.prefix(1).uppercased() + text.dropFirst() }
      if case .lowerNext = once { text = text.prefix(1).lowercased() + text.dropFirst() }
      once = .end
      result += Array(text.utf8)
    }
    return result
  }
}
