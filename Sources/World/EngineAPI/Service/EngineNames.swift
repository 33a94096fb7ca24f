import Engine

// The engine and the swarm both have containers' specs, networks' specs and mounts. In this room, where the two meet, the
// engine's go by these names.

typealias EngineContainerSpec = ContainerSpec
typealias EngineNetworkSpec = NetworkSpec
typealias EngineMount = Mount
typealias EngineEndpoint = Endpoint
