import SimBase
import SwarmManager
import SwarmModel
import SwarmStore
import Testing

/// Each case breaks one thing of a sound spec. The list is in the order of swarmkit's checks, which another test relies on.
///
/// Source: moby/swarmkit `manager/controlapi/service.go` (`validateServiceSpec`).
private struct Fault: Sendable, CustomTestStringConvertible {
  let text: String
  var code = "InvalidArgument"
  let inflict: @Sendable (inout ServiceSpec) -> Void

  init(_ text: String, code: String = "InvalidArgument", _ inflict: @escaping @Sendable (inout ServiceSpec) -> Void) {
    self.text = text
    self.code = code
    self.inflict = inflict
  }

  var testDescription: String { text }

  static let all: [Fault] = [
    Fault("name must be valid as a DNS name component") { $0.annotations.name = "-web" },
    Fault("name must be 63 characters or fewer") { $0.annotations.name = String(repeating: "a", count: 64) },
    Fault("invalid cpu value 1e-07: Must be at least 0.001") { spec in
      spec.task.resources = resources { $0.nanoCPUs = 100 }
    },
    Fault("invalid memory value 1048576: Must be at least 4MiB") { spec in
      spec.task.resources = resources { $0.memoryBytes = 1 << 20 }
    },
    Fault("TaskSpec: restart-delay cannot be negative") { spec in
      spec.task.restart = restart { $0.delay = .seconds(-1) }
    },
    Fault("TaskSpec: restart-window cannot be negative") { spec in
      spec.task.restart = restart { $0.window = .seconds(-1) }
    },
    Fault("constraint expected one operator from ==, !=", code: "Unknown") { spec in
      spec.task.placement = Placement()
      spec.task.placement?.constraints = ["node.role=worker"]
    },
    Fault("key 'n' is invalid", code: "Unknown") { spec in
      spec.task.placement = Placement()
      spec.task.placement?.constraints = ["n==1"]
    },
    Fault("malformed secret reference") { $0.container { $0.secrets = [secret("", "pw", file: "pw")] } },
    Fault("malformed secret reference, no target provided") { spec in
      spec.container { $0.secrets = [secret("s", "pw", file: nil)] }
    },
    Fault("malformed file secret reference, invalid target file name provided") { spec in
      spec.container { $0.secrets = [secret("s", "pw", file: "")] }
    },
    Fault("secret references 'a' and 'b' have a conflicting target: 'pw'") { spec in
      spec.container { $0.secrets = [secret("s", "a", file: "pw"), secret("t", "b", file: "pw")] }
    },
    Fault("malformed config reference") { $0.container { $0.configs = [config("c", "", file: "f")] } },
    Fault("malformed config reference, no target provided") { spec in
      spec.container { $0.configs = [config("c", "conf", file: nil)] }
    },
    Fault("malformed file config reference, invalid target file name provided") { spec in
      spec.container { $0.configs = [config("c", "conf", file: "")] }
    },
    Fault("config references 'a' and 'b' have a conflicting target: 'f'") { spec in
      spec.container { $0.configs = [config("c", "a", file: "f"), config("d", "b", file: "f")] }
    },
    Fault("CredentialSpec references config 'c1', but that config isn't in config references with RuntimeTarget") {
      $0.container { $0.privileges = #"{"CredentialSpec":{"Config":"c1","File":"","Registry":""}}"# }
    },
    Fault(#"expanding env failed: expanding env "A={{.Task": template: expansion:1: unclosed action"#) { spec in
      spec.container { $0.env = ["A={{.Task"] }
    },
    Fault(
      "expanding hostname failed: template: expansion:1:7: executing \"expansion\" at <.Task.Foo>: "
        + "can't evaluate field Foo in type struct { ID string; Name string; Slot string }"
    ) { spec in spec.container { $0.hostname = "{{.Task.Foo}}" } },
    Fault("ContainerSpec: image reference must be provided") { $0.container { $0.image = "" } },
    Fault(#"ContainerSpec: "BAD" is not a valid repository/tag"#) { $0.container { $0.image = "BAD" } },
    Fault("ContainerSpec: duplicate mount point: /y") { spec in
      spec.container { container in
        var mount = Mount()
        mount.target = "/y"
        container.mounts = [mount, mount]
      }
    },
    Fault("ContainerSpec: Interval in HealthConfig cannot be less than 1ms") { spec in
      spec.container { $0.healthcheck = health { $0.interval = .microseconds(1) } }
    },
    Fault("ContainerSpec: Timeout in HealthConfig cannot be less than 1ms") { spec in
      spec.container { $0.healthcheck = health { $0.timeout = .microseconds(1) } }
    },
    Fault("ContainerSpec: StartPeriod in HealthConfig cannot be less than 1ms") { spec in
      spec.container { $0.healthcheck = health { $0.startPeriod = .microseconds(1) } }
    },
    Fault("ContainerSpec: StartInterval in HealthConfig cannot be less than 1ms") { spec in
      spec.container { $0.healthcheck = health { $0.startInterval = .nanoseconds(-1) } }
    },
    Fault("ContainerSpec: Retries in HealthConfig cannot be negative") { spec in
      spec.container { $0.healthcheck = health { $0.retries = -1 } }
    },
    Fault("Number of replicas must be non-negative") { $0.mode = .replicated(replicas: .max) },
    Fault("TaskSpec: update-delay cannot be negative") { spec in spec.update = update { $0.delay = .seconds(-1) } },
    Fault("TaskSpec: update-monitor cannot be negative") { spec in
      spec.update = update { $0.monitor = .seconds(-1) }
    },
    Fault("TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1") { spec in
      spec.update = update { $0.maxFailureRatio = 1.5 }
    },
    Fault("EndpointSpec: port published with ingress mode can't be used with dnsrr mode") { spec in
      spec.endpoint = EndpointSpec()
      spec.endpoint?.mode = .dnsrr
      spec.endpoint?.ports = [port(0)]
    },
    Fault("EndpointSpec: duplicate published ports provided") { spec in
      spec.endpoint = EndpointSpec()
      spec.endpoint?.ports = [port(8080), port(8080, .host)]
    },
  ]
}

private func resources(_ change: (inout Resources) -> Void) -> ResourceRequirements {
  var requirements = ResourceRequirements()
  var limits = Resources()
  change(&limits)
  requirements.limits = limits
  return requirements
}
private func restart(_ change: (inout RestartPolicy) -> Void) -> RestartPolicy {
  var policy = RestartPolicy()
  change(&policy)
  return policy
}
private func health(_ change: (inout HealthConfig) -> Void) -> HealthConfig {
  var health = HealthConfig()
  change(&health)
  return health
}
private func update(_ change: (inout UpdateConfig) -> Void) -> UpdateConfig {
  var config = UpdateConfig()
  change(&config)
  return config
}
private func target(_ name: String?) -> FileTarget? {
  guard let name else { return nil }
  var file = FileTarget()
  file.name = name
  return file
}
func secret(_ id: String, _ name: String, file: String?) -> SecretReference {
  var reference = SecretReference()
  reference.secretID = id
  reference.secretName = name
  reference.file = target(file)
  return reference
}
func config(_ id: String, _ name: String, file: String?) -> ConfigReference {
  var reference = ConfigReference()
  reference.configID = id
  reference.configName = name
  reference.file = target(file)
  return reference
}

@Suite struct ServiceValidationTests {
  @Test("a spec with one fault is refused with that fault's sentence", arguments: Fault.all)
  fileprivate func oneFault(fault: Fault) {
    let leader = Leader()
    #expect(leader.refusal(creation("web", fault.inflict))?.message == rpc(fault.code, fault.text))
    #expect(leader.store.services.isEmpty)
  }

  @Test("of two faults the one that is checked first is told", arguments: 0..<Fault.all.count - 1)
  func order(place: Int) {
    let (earlier, later) = (Fault.all[place], Fault.all[place + 1])
    // The earlier fault may write over the later one's place, never the other way round.
    var both = spec("web")
    later.inflict(&both)
    earlier.inflict(&both)
    let leader = Leader()
    #expect(
      leader.refusal(.createService(ServiceSubmission(both)))?.message == rpc(earlier.code, earlier.text))
  }

  @Test("a service runs containers and nothing else") func runtime() {
    let leader = Leader()
    let refusal = leader.refusal(creation("web") { $0.task.runtime = .attachment("c") })
    #expect(
      refusal?.message == rpc("Unimplemented", "RuntimeSpec: unimplemented runtime in service spec"))
    #expect(refusal?.status == 501)
  }

  @Test("a job takes no update config, and its numbers must not be negative") func jobs() {
    let leader = Leader()
    let withConfig = creation("job") { spec in
      spec.mode = .globalJob
      spec.update = UpdateConfig()
    }
    #expect(leader.refusal(withConfig)?.message == rpc("InvalidArgument", "Jobs may not have an update config"))
    for (mode, text) in [
      (
        ServiceMode.replicatedJob(maxConcurrent: .max, totalCompletions: 1),
        "Maximum concurrent jobs must not be negative"
      ),
      (.replicatedJob(maxConcurrent: 1, totalCompletions: .max), "Total completed jobs must not be negative"),
    ] {
      #expect(leader.refusal(creation("job") { $0.mode = mode })?.message == rpc("InvalidArgument", text))
    }
  }

  @Test("a rollback config is not looked at") func rollbackConfig() {
    let leader = Leader()
    #expect(leader.refusal(creation("web") { $0.rollback = update { $0.delay = .seconds(-1) } }) == nil)
  }

  @Test(
    "names of images follow the reference grammar",
    arguments: [
      ("nginx", true), ("nginx:1.27-alpine", true), ("library/nginx", true), ("localhost/app", true),
      ("registry:5000/team/app:1", true), ("10.0.0.1:5000/bb:1@sha256:" + String(repeating: "a", count: 64), true),
      ("a__b/c--d.e", true), ("[::1]:5000/app", true), ("Registry/app", true), ("nginx:", false), ("ng inx", false),
      ("-nginx", false), ("nginx-", false), ("a..b", false), ("a___b", false), ("nginx@sha256:abc", false),
      ("host/BAD", false), ("a//b", false), (String(repeating: "a", count: 64), false),
      ("nginx:" + String(repeating: "t", count: 129), false), ("reg:port/app", false),
    ])
  func images(image: String, isValid: Bool) {
    let leader = Leader()
    #expect((leader.refusal(creation("web") { $0.container { $0.image = image } }) == nil) == isValid)
  }

  @Test(
    "templates that a task can fill in are accepted",
    arguments: [
      "h-{{.Task.Slot}}", "{{ .Node.Hostname }}-{{.Service.Name}}", "{{.Node.Platform.OS}}",
      #"{{index .Service.Labels "a"}}"#, "{{- .Task.ID -}}", "no template", "}}",
    ])
  func templates(text: String) {
    let leader = Leader()
    #expect(leader.refusal(creation("web") { $0.container { $0.hostname = text } }) == nil)
  }
}
