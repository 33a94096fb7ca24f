import SimBase
import Workloads

extension RestartPolicy: Archivable {
  /// Never.
  public init() { self.init(.no) }
  /// Name and count.
  public mutating func archive(_ a: inout Archive) {
    a.field(&name)
    a.field(&maximumRetryCount)
  }
}

extension PortBinding: Archivable {
  /// Port 0.
  public init() { self.init(ContainerPort()) }
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&port)
    a.field(&hostAddress)
    a.field(&hostPort)
  }
}

extension Mount: Archivable {
  /// A mount of nothing.
  public init() { self.init(.bind, target: "") }
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&kind)
    a.field(&source)
    a.field(&target)
    a.field(&isReadOnly)
    a.field(&mode)
    a.field(&propagation)
    a.field(&driver)
    a.field(&labels)
    a.field(&options)
    a.field(&isNotFilled)
    a.field(&hasDriverConfig)
    a.optional(&memorySize, 0) { $0.field(&$1) }
    a.field(&memoryMode)
  }
}

extension ResourceLimit: Archivable {
  /// A limit of nothing.
  public init() { self.init("", soft: 0, hard: 0) }
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&name)
    a.field(&soft)
    a.field(&hard)
  }
}

extension Archive {
  fileprivate mutating func field(_ list: inout [String]?) { optional(&list, []) { $0.field(&$1) } }
}

extension HostConfig: Archivable {
  /// All fields.
  public mutating func archive(_ a: inout Archive) {
    a.field(&binds)
    a.field(&logDriver)
    a.field(&logOptions)
    a.field(&networkMode)
    a.optional(&portBindings, []) { $0.field(&$1) }
    a.field(&restartPolicy)
    a.field(&autoRemove)
    a.field(&volumeDriver)
    a.field(&volumesFrom)
    a.list(&consoleSize, 0) { $0.field(&$1) }
    a.field(&capAdd)
    a.field(&capDrop)
    a.field(&dns)
    a.field(&dnsOptions)
    a.field(&dnsSearch)
    a.field(&extraHosts)
    a.field(&groupAdd)
    a.field(&links)
    a.field(&ipcMode)
    a.field(&pidMode)
    a.field(&utsMode)
    a.field(&usernsMode)
    a.field(&cgroupnsMode)
    a.field(&isPrivileged)
    a.field(&publishesAllPorts)
    a.field(&isReadOnly)
    a.field(&securityOptions)
    a.field(&shmSize)
    a.field(&runtime)
    a.field(&isolation)
    archiveResources(&a)
    a.optional(&mounts, []) { $0.field(&$1) }
    a.field(&tmpfs)
    a.field(&sysctls)
    a.field(&usesInit)
    a.field(&deviceRules)
  }

  private mutating func archiveResources(_ a: inout Archive) {
    a.field(&cpuShares)
    a.field(&memory)
    a.field(&nanoCPUs)
    a.field(&memoryReservation)
    a.field(&memorySwap)
    a.field(&memorySwappiness)
    a.field(&cpuPeriod)
    a.field(&cpuQuota)
    a.field(&cpusetCpus)
    a.field(&cpusetMems)
    a.field(&cgroupParent)
    a.field(&pidsLimit)
    a.field(&oomScoreAdjustment)
    a.field(&isOOMKillDisabled)
    a.optional(&limits, []) { $0.field(&$1) }
    a.field(&blockIO)
    a.optional(&devices, []) { $0.field(&$1) }
    a.optional(&deviceRequests, []) { $0.field(&$1) }
  }
}
