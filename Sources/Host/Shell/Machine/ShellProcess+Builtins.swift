import SimBase

/// What the builtins do.
extension ShellProcess {
  mutating func run(_ builtin: Builtin, _ words: [String], _ strand: inout Strand, _ turn: inout Turn) {
    let arguments = Array(words.dropFirst())
    var status = 0
    switch builtin {
    case .colon, .true, .alias, .unalias, .hash, .times, .ulimit: break
    case .false: status = 1
    case .cd: status = changeDirectory(arguments, &strand, &turn)
    case .pwd: print(strand.directory, &strand, &turn)
    case .exit:
      if let word = arguments.first, Int(word) == nil {
        complain("exit: Illegal number: \(word)", strand, &turn)
        strand.status = 2
      } else {
        strand.status = (arguments.first.flatMap { Int($0) } ?? strand.status) & 0xFF
      }
      unwind(&strand, to: 0)
      return leave(&strand, &turn)
    case .return: return giveBack(arguments, &strand, &turn)
    case .break, .continue: return jump(builtin, arguments, &strand)
    case .shift:
      let count = arguments.first.flatMap { Int($0) } ?? 1
      if count > strand.positional.count { status = 1 } else { strand.positional.removeFirst(count) }
    case .set: status = set(arguments, &strand, &turn)
    case .export, .readonly: status = mark(builtin, arguments, &strand, &turn)
    case .local: declareLocal(arguments, &strand)
    case .unset: unset(arguments, &strand)
    case .read: return beginRead(arguments, &strand, &turn)
    case .eval:
      let (commands, error) = ShellParser.script(arguments.joined(separator: " "))
      strand.status = 0
      strand.frames.append(.script(commands, next: 0, error: error))
      return
    case .dot, .source: return source(arguments, &strand, &turn)
    case .wait: return wait(arguments, &strand, &turn)
    case .trap: status = trap(arguments, &strand, &turn)
    case .type, .which: status = locate(builtin, arguments, &strand, &turn)
    case .command, .builtin: return runCommand(arguments, &strand, &turn)
    case .kill: return kill(words, &strand, &turn)
    case .getopts: status = nextOption(arguments, &strand, &turn)
    case .let:
      for text in arguments {
        do throws(Arithmetic.Failure) {
          status = try Arithmetic.value(text, &strand.variables) == 0 ? 1 : 0
        } catch {
          complain("let: \(error.message)", strand, &turn)
          status = 1
        }
      }
    case .umask: if arguments.isEmpty { print("0022", &strand, &turn) }
    case .jobs:
      for (place, job) in strand.running.enumerated() {
        let title = strands[job]?.title ?? ""
        print(
          "[\(place + 1)]\(job == strand.lastBackground ? "+" : " ") Running                 \(title)", &strand, &turn)
      }
    case .exec: return exec(arguments, [], &strand, &turn)
    case .nohup, .time, .busybox:
      if arguments.isEmpty { break }
      return dispatch(arguments, &strand, &turn)
    case .timeout: return runWithLimit(arguments, &strand, &turn)
    case .sh, .ash, .bash: return runShell(words, &strand, &turn)
    }
    complete(&strand, status, &turn)
  }

  mutating func print(_ line: String, _ strand: inout Strand, _ turn: inout Turn) {
    write(Array((line + "\n").utf8), to: 1, &strand, &turn)
  }

  private mutating func changeDirectory(
    _ arguments: [String], _ strand: inout Strand, _ turn: inout Turn
  ) -> Int {
    var target = arguments.first { !["-L", "-P", "--"].contains($0) } ?? strand.variables["HOME"] ?? "/"
    let isBack = target == "-"
    if isBack { target = strand.variables["OLDPWD"] ?? strand.directory }
    let path = strand.absolute(target)
    guard turn.files.isDirectory(path) else {
      let error: FileError = turn.files.exists(path) ? .notDirectory : .notFound
      complain("cd: can't cd to \(target): \(error.sentence)", strand, &turn)
      return 1
    }
    strand.variables.set("OLDPWD", strand.directory)
    strand.variables.set("PWD", path)
    strand.directory = path
    if isBack { print(path, &strand, &turn) }
    return 0
  }

  // MARK: Ways out

  private mutating func giveBack(_ arguments: [String], _ strand: inout Strand, _ turn: inout Turn) {
    strand.status = (arguments.first.flatMap { Int($0) } ?? strand.status) & 0xFF
    let end = strand.frames.lastIndex { frame in
      switch frame {
      case .call, .sourced: true
      default: false
      }
    }
    unwind(&strand, to: end ?? 0)
    if end == nil { leave(&strand, &turn) }
  }

  private mutating func jump(_ builtin: Builtin, _ arguments: [String], _ strand: inout Strand) {
    var levels = max(1, arguments.first.flatMap { Int($0) } ?? 1)
    var target: Int?
    for place in strand.frames.indices.reversed() where levels > 0 {
      if case .call = strand.frames[place] { break }
      if strand.frames[place].isLoop {
        target = place
        levels -= 1
      }
    }
    strand.status = 0
    guard let target else { return }
    unwind(&strand, to: target + (builtin == .continue ? 1 : 0))
    // `continue` in a loop's condition: the next round starts with that condition.
    if builtin == .continue, case .loopCondition(let loop, let status)? = strand.frames.last {
      strand.frames.removeLast()
      strand.frames += [.loopCondition(loop, status: status), .begin(loop.condition)]
    }
  }
}

/// A word of the form `name=value`, taken apart.
func splitAssignment(_ word: String) -> (name: String, value: String?) {
  guard let sign = word.firstIndex(of: "=") else { return (word, nil) }
  return (String(word[..<sign]), String(word[word.index(after: sign)...]))
}

func isName(_ text: String) -> Bool {
  let bytes = Array(text.utf8)
  return bytes.first.map(isNameStart) == true && bytes.allSatisfy(isNameByte)
}
