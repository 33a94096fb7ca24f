import SimBase

/// What an engine says of its part in a swarm when it is greeted.
///
/// The help leaves out what the engine could not do: a worker's `docker --help` has no `service`.
/// Source: docker/docker `client/ping.go`; docker/cli `cmd/docker/docker.go` (`hideUnsupportedFeatures`).
struct SwarmStanding: Equatable {
  /// What a command, or a flag, needs the engine to be.
  enum Need: Sendable {
    case manager
    /// Part of a swarm, in whatever state.
    case member
  }

  private let state: String
  private let isManager: Bool

  /// Reads the `Swarm` header: `inactive`, `active/manager`.
  init(header: String) {
    let parts = header.cut("/")
    state = parts?.before ?? header
    isManager = parts?.after == "manager"
  }

  /// Whether the engine is what somebody needs.
  func meets(_ need: Need) -> Bool {
    switch need {
    case .manager: isManager
    case .member: state != "inactive"
    }
  }
}
