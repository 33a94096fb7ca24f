import SwarmModel

// The swarm's side of the names that the engine has, too.

typealias TaskContainer = ContainerSpec
typealias TaskMount = Mount
