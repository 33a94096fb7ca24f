import SwarmModel

/// The engine has container specs, too.
typealias TaskContainer = ContainerSpec
