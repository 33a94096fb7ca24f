/// The commands that the shell itself must do: they change it, or wait for it.
enum Builtin: String, CaseIterable, Sendable {
  case colon = ":"
  case `true`, `false`, cd, pwd, exit, `return`, `break`, `continue`, shift, set, export, unset, readonly, local, read,
    eval
  case dot = "."
  case source, wait, trap, type, command, kill, getopts, `let`, umask, alias, unalias, hash, times, jobs, ulimit,
    builtin, exec
  case nohup, time, timeout, sh, ash, bash, busybox, which

  /// Whether it is found under `/bin` as well.
  var isAlsoAFile: Bool {
    switch self {
    case .true, .false, .pwd, .kill, .nohup, .time, .timeout, .sh, .ash, .bash, .busybox, .which: true
    default: false
    }
  }
}
