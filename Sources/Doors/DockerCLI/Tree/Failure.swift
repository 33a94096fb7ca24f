/// What ends a command: the text for standard error, and the exit status.
struct Failure: Error, Sendable, Equatable {
  /// Nothing is printed where it is empty.
  var message: String
  /// The exit status.
  var status: Int32 = 1
  /// The HTTP status of the engine's answer, where one was the reason.
  var httpStatus: Int?

  init(_ message: String, status: Int32 = 1, httpStatus: Int? = nil) {
    self.message = message
    self.status = status
    self.httpStatus = httpStatus
  }

  /// Whether the engine knows no such object.
  var isNotFound: Bool { httpStatus == 404 }
}

/// Why a flag's value will not do: the end of `invalid argument "V" for "--x" flag: REASON`.
struct FlagTrouble: Error, Sendable, Equatable {
  var reason: String
  init(_ reason: String) { self.reason = reason }

  /// The same reason where it ends a command by itself.
  var failure: Failure { Failure(reason) }
}

/// The first failures of several, each on its line: what commands over many objects end with.
struct Failures {
  private(set) var all: [Failure] = []

  mutating func note(_ failure: Failure) { all.append(failure) }

  /// Throws if anything was noted.
  func raise() throws(Failure) {
    guard let first = all.first else { return }
    throw Failure(all.map(\.message).joined(separator: "\n"), status: first.status)
  }
}
