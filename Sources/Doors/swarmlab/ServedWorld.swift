import EngineServer

/// The world that the doors serve.
enum ServedWorld {
  @Sendable static func make(_ plan: LabPlan, disks: [UInt8]?) throws -> WorldHandle { WorldHandle(echo: EchoWorld()) }
}
