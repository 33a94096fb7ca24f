import Foundation
import Testing

/// The real command line as a judge of the built-in one: both read the same lab, hours after anything happened in it, so
/// that ages are the same for both.
@Suite("Where there is a docker on the PATH, the built-in one agrees with it")
struct RealDockerTests {
  /// The real docker; nil where there is none whose texts are those of version 28.
  private static let docker: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/docker" }.first { path in
      guard FileManager.default.isExecutableFile(atPath: path), let command = try? Command(),
        let version = try? command.run(["--version"], program: path)
      else { return false }
      return version.out.hasPrefix("Docker version 28.")
    }
  }()

  private static let content = [
    ["service", "create", "-d", "--name", "web", "--replicas", "2", "-p", "8080:80", "--label", "tier=front", "nginx"],
    ["service", "create", "-d", "--name", "all", "--mode", "global", "--limit-memory", "64m", "alpine", "sleep", "1d"],
    ["service", "create", "-d", "--name", "stuck", "--constraint", "node.labels.x==1", "nginx"],
    ["network", "create", "-d", "overlay", "--attachable", "front"], ["volume", "create", "--label", "v=1", "vol"],
    ["node", "update", "--label-add", "zone=a", "worker1"],
    ["run", "-d", "--name", "c1", "-p", "9090:80", "nginx:alpine"], ["run", "--name", "c2", "alpine", "false"],
  ]

  /// Lines that change nothing.
  private static let lines = """
    node ls|node ls --format {{.Hostname}}={{.Status}}|node ls -q|node ls -f role=worker|node ls -f role=x
    node inspect self|node inspect --pretty worker1|node inspect nope|node ps worker1|node ps self nope
    node inspect -f {{range $k,$v := .Spec.Labels}}{{$k}}={{$v}} {{end}}{{.Status.Addr}} worker1 self
    service ls|service ls --format json|service ls --format {{.ID|service ls --format {{.Bogus}}|service ls -f mode=x
    service ps web|service ps --no-trunc stuck|service ps -q web all|service ps nope|service ps web nope
    service inspect web|service inspect --pretty web all|service inspect nope|service inspect --format {{.Endpoint}} web
    service inspect -f {{.Spec.Name}}:{{.Spec.Mode.Replicated.Replicas}} web|service inspect -f {{.Spec.Bogus}} web
    service logs nope|service create|service create --name web nginx|service create --mode x nginx|service rm nope
    service create -p x nginx|service create --replicas x nginx|service create --mount type=x nginx
    service update nope|service scale web|service scale all=2|service scale web=x|service rollback web a
    network ls|network ls --no-trunc -f driver=overlay|network inspect front|network inspect nope front
    network rm bridge|network create front|volume ls|volume inspect vol nope|volume ls --format {{.Name}}|volume rm nope
    ps|ps -a --no-trunc|ps -aq -f status=exited|ps -as|ps -a --format table {{.Names}}\\t{{.Status}}
    ps -q --format x|ps --format {{nope}}|ps -f status=x|inspect c1 web nope|inspect -f {{.State.ExitCode}} c2|inspect -s web
    logs c2|port c1|port c1 x|top c2|rm c1|exec c2 ls|start nope|wait c2|rename c1 c2|attach c2|kill c2
    images|images --format raw|image inspect alpine -f {{.RepoTags}}|history alpine|tag nope x|rmi nope
    secret ls|config ls|secret inspect nope|secret create|stack ls|stack ps nope|stack deploy x|stack rm nope
    swarm join-token worker|swarm join-token -q manager|swarm join-token x|swarm init|swarm unlock-key|swarm ca|swarm leave
    info -f {{.Swarm.LocalNodeState}}|system df|version -f {{.Server.Version}}|context ls|context inspect
    bogus|service bogus|ps --bogus|ps -Z|--help|service create --help|help service nope|-H bogus://x ps|cp a b|build nope
    """

  @Test("the same output, the same errors, the same exit status", .enabled(if: docker != nil))
  func agree() throws {
    let docker = try #require(Self.docker)
    let command = try Command()
    let up = try command.run("up", "--seed", "7", "--managers", "1", "--workers", "1")
    #expect(up.code == 0, "\(up.error)")
    let host = try #require(try command.run("env", "manager1").out.firstMatch(of: /unix:[^"]+/))
    let environment = ["DOCKER_HOST": String(host.0), "HOME": command.home]
    for words in Self.content { try command.run(words, environment: environment, program: docker) }
    try command.run("clock", "advance", "5h")
    for line in Self.lines.split(whereSeparator: { $0.isNewline || $0 == "|" }) {
      let words = Self.words(String(line))
      let real = try command.run(words, environment: environment, program: docker)
      let own = try command.run(["docker", "--"] + words, environment: environment)
      #expect(own.out == real.out, "docker \(line)")
      #expect(own.error == real.error, "docker \(line)")
      #expect(own.code == real.code, "docker \(line)")
    }
  }

  /// A line's words; what stands between braces is one, as is what follows `table`.
  private static func words(_ line: String) -> [String] {
    var words: [String] = []
    var depth = 0
    for word in line.trimmingCharacters(in: .whitespaces).split(separator: " ").map(String.init) {
      if depth > 0 || words.last == "table" { words[words.count - 1] += " " + word } else { words.append(word) }
      depth += word.count { $0 == "{" } - word.count { $0 == "}" }
    }
    return words
  }
}
