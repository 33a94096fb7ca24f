import Engine

// The engine and the swarm both have containers' specs, mounts and endpoints. In this room, where the two meet, the
// engine's go by these names.

typealias EngineContainerSpec = ContainerSpec
typealias EngineMount = Mount
typealias EngineContainer = Container
typealias EngineEndpointSettings = EndpointSettings
typealias EngineNetworkRequest = ContainerSpec.NetworkRequest
