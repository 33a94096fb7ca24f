import Engine
import Shell
import SimBase
import Testing
import Workloads

@Suite struct ShellInContainerTests {
  private func exec(_ rig: inout Rig, in name: String, _ script: String) throws -> (output: String, code: Int32) {
    try exec(&rig, in: name, ["sh", "-c", script])
  }

  private func exec(_ rig: inout Rig, in name: String, _ words: [String]) throws -> (output: String, code: Int32) {
    let id = try rig.engine.createExec(in: .typed(name), ExecSpec(words), at: rig.now, into: &rig.out)
    try rig.engine.startExec(id.description, at: rig.now, into: &rig.out)
    let before = rig.notices.count
    rig.run(for: .seconds(1))
    var output: [UInt8] = []
    for case (_, .execOutput(id, _, let bytes)) in rig.notices[before...] { output += bytes }
    return (String(decoding: output, as: UTF8.self), try rig.engine.exec(id.description).exitCode ?? -1)
  }

  private func container(
    _ rig: inout Rig, _ image: String, _ command: [String]? = nil, name: String,
    _ change: (inout ContainerConfig, inout HostConfig) -> Void
  ) throws -> ContainerID {
    var config = ContainerConfig()
    config.image = image
    config.command = command
    var host = HostConfig()
    change(&config, &host)
    return try rig.create(ContainerSpec(name: name, config: config, host: host))
  }

  @Test("a command's words go to the log, and its code is the container's") func scripts() throws {
    var rig = Rig()
    let id = try rig.start("busybox", ["sh", "-c", "echo out; echo err >&2; printf end; exit 3"])
    #expect(rig.state(id)?.exitCode == 3)
    let log = rig.engine.log(of: id, from: 0)
    #expect(log.map(\.text) == ["out", "err", "end"])
    #expect(log.map(\.stream) == [.output, .error, .output])
    #expect(log.map(\.isWhole) == [true, true, false])
    let hi = try rig.start("alpine", ["echo", "hi"])
    #expect(rig.lines(hi) == ["hi"])
  }

  @Test("a shell as first process ignores SIGTERM, and SIGKILL from inside; with a trap it ends as it says")
  func traps() throws {
    var rig = Rig()
    let deaf = try rig.start("busybox", ["sh", "-c", "while true; do sleep 1; done"])
    let polite = try rig.start("busybox", ["sh", "-c", "trap 'exit 4' TERM; while true; do sleep 1; done"])
    let bold = try rig.start("busybox", ["sh", "-c", "kill -9 $$; exit 3"])
    for id in [deaf, polite] { try rig.stop(id) }
    rig.run(for: .seconds(15))
    #expect(rig.state(bold)?.exitCode == 3)
    #expect(rig.state(deaf)?.exitCode == 137)
    #expect(rig.state(polite)?.exitCode == 4)
  }

  @Test("a process is whose the container says, by name, by number, and of its groups") func identities() throws {
    func lines(_ user: String, groups: [String]? = nil) throws -> [String] {
      var rig = Rig()
      let id = try container(&rig, "alpine", name: "who") { config, host in
        config.entrypoint = ["sh", "-c", "id; whoami; echo $HOME"]
        config.user = user
        host.groupAdd = groups
      }
      try rig.start(id)
      rig.run(for: .seconds(1))
      return rig.lines(id)
    }
    #expect(try lines("") == ["uid=0(root) gid=0(root) groups=0(root)", "root", "/root"])
    #expect(try lines("nobody:adm") == ["uid=65534(nobody) gid=3(adm) groups=3(adm)", "nobody", "/"])
    #expect(
      try lines("1000", groups: ["mail", "77"])
        == ["uid=1000 gid=0(root) groups=0(root),8(mail),77", "whoami: unknown uid 1000", "/"])
  }

  @Test("a container finds its environment, host name, hosts file and secrets") func surroundings() throws {
    var rig = Rig()
    let id = try container(&rig, "nginx:alpine", name: "web") { config, host in
      config.env = ["GREETING=hi there"]
      config.hostname = "hh"
      config.domainname = "dd.com"
      host.extraHosts = ["db:10.1.2.3"]
    }
    rig.engine.hand([HandedFile("/run/secrets/db_password", Array("s3cret".utf8))], to: id)
    try rig.start(id)
    #expect(
      try exec(&rig, in: "web", "echo $GREETING; cat /etc/hostname; cat /run/secrets/db_password").output
        == "hi there\nhh\ns3cret")
    let hosts = try exec(&rig, in: "web", "tail -2 /etc/hosts").output
    #expect(hosts == "10.1.2.3\tdb\n172.17.0.2\thh.dd.com hh\n")
    #expect(try exec(&rig, in: "web", "ls /run/secrets").output == "db_password\n")
    #expect(
      try exec(&rig, in: "web", "cat /etc/resolv.conf | grep ^nameserver").output
        == "nameserver 8.8.8.8\nnameserver 8.8.4.4\n")
    let bytes = rig.engine.onDisk.archived()
    #expect(!String(decoding: bytes, as: UTF8.self).includes("s3cret"))
  }

  @Test("what a container writes outlives its restart, and shows in its changes") func ownFiles() throws {
    var rig = Rig()
    let id = try rig.start("nginx:alpine", name: "web")
    #expect(try exec(&rig, in: "web", "echo x > /tmp/a; rm /etc/alpine-release; echo y >> /etc/group").code == 0)
    #expect(
      try rig.engine.changes(of: "web", at: rig.now) == [
        FileChange(path: "/etc", kind: .changed), FileChange(path: "/etc/alpine-release", kind: .deleted),
        FileChange(path: "/etc/group", kind: .changed), FileChange(path: "/tmp", kind: .changed),
        FileChange(path: "/tmp/a", kind: .added),
      ])
    try rig.stop(id)
    rig.run(for: .seconds(1))
    try rig.start(id)
    #expect(try exec(&rig, in: "web", "cat /tmp/a").output == "x\n")
    let other = try rig.start("nginx:alpine", name: "other")
    #expect(try exec(&rig, in: "other", "cat /tmp/a").code == 1)
    #expect(try rig.engine.changes(of: .id(other), at: rig.now).isEmpty)
  }

  @Test("containers on one volume see each other's writes, and a read-only mount is not changed") func volumes() throws
  {
    var rig = Rig()
    for (name, option) in [("a1", "data:/data"), ("a2", "data:/srv/x"), ("a3", "data:/ro:ro")] {
      try rig.start(try container(&rig, "nginx:alpine", name: name) { _, host in host.binds = [option] })
    }
    #expect(try exec(&rig, in: "a1", "echo one > /data/f; mkdir /data/d; echo two > /data/d/g").code == 0)
    #expect(try exec(&rig, in: "a2", "cat /srv/x/f /srv/x/d/g; rm /srv/x/f").output == "one\ntwo\n")
    #expect(try exec(&rig, in: "a1", "ls /data").output == "d\n")
    _ = try exec(&rig, in: "a3", "echo no > /ro/n")
    #expect(try exec(&rig, in: "a2", "ls /srv/x").output == "d\n")
    for name in ["a1", "a2", "a3"] {
      try rig.engine.remove(.typed(name), force: true, at: rig.now, into: &rig.out)
    }
    rig.run(for: .seconds(1))
    let disk = try #require(EngineDisk(archived: rig.engine.onDisk.archived()))
    rig.engine = Engine(hostname: "node1", dice: Dice(seed: 1, label: "x"), config: rig.engine.config, disk: disk)
    try rig.start(try container(&rig, "nginx:alpine", name: "a4") { _, host in host.binds = ["data:/data"] })
    #expect(try exec(&rig, in: "a4", "cat /data/d/g").output == "two\n")
  }

  @Test("a bind shows the machine's files, both ways") func binds() throws {
    var rig = Rig()
    try rig.engine.machineFiles.makeDirectory("/srv/www", at: rig.now)
    try rig.engine.machineFiles.write("/srv/www/index.html", Array("hello".utf8), at: rig.now)
    try rig.engine.machineFiles.write("/srv/app.conf", Array("x=1".utf8), at: rig.now)
    try rig.start(
      try container(&rig, "nginx:alpine", name: "web") { _, host in
        host.binds = ["/srv/www:/www", "/srv/app.conf:/etc/app.conf"]
      })
    #expect(try exec(&rig, in: "web", "cat /www/index.html /etc/app.conf; echo new > /www/n").output == "hellox=1")
    #expect(rig.engine.machineFiles.text("/srv/www/n") == "new\n")
    try rig.engine.machineFiles.write("/srv/app.conf", Array("x=2".utf8), at: rig.now)
    #expect(try exec(&rig, in: "web", "cat /etc/app.conf").output == "x=2")
    #expect(throws: EngineError.invalidConfig(.missingBindSource("/nope"))) {
      try container(&rig, "nginx:alpine", name: "bad") { _, host in
        host.mounts = [Mount(.bind, source: "/nope", target: "/x")]
      }
    }
  }

  @Test("a person at a terminal is prompted, echoed and answered") func terminal() throws {
    var rig = Rig()
    let id = try container(&rig, "alpine", name: "sh") { config, _ in
      config.tty = true
      config.openStdin = true
    }
    _ = try rig.engine.attach("sh", at: rig.now, into: &rig.out)
    try rig.start(id)
    try rig.engine.sendInput(to: "sh", Array("echo a$((1+1))\r".utf8), at: rig.now, into: &rig.out)
    rig.run(for: .milliseconds(10))
    var shown: [UInt8] = []
    for case (_, .output(id, _, let bytes)) in rig.notices { shown += bytes }
    #expect(String(decoding: shown, as: UTF8.self) == "/ # echo a$((1+1))\r\na2\r\n/ # ")
    try rig.engine.sendInput(to: "sh", [4], at: rig.now, into: &rig.out)
    rig.run(for: .seconds(1))
    #expect(rig.state(id)?.status == .exited)
    #expect(rig.state(id)?.exitCode == 0)
  }

  @Test("what is sent before a process begins reaches it whole, with its end, though another who looked on has gone")
  func earlyInput() throws {
    var rig = Rig()
    let id = try container(&rig, "busybox", name: "counter") { config, _ in
      config.command = ["wc", "-c"]
      (config.openStdin, config.stdinOnce) = (true, true)
    }
    _ = try rig.engine.attach("counter", at: rig.now, into: &rig.out)
    for _ in 0..<3 { try rig.engine.sendInput(to: "counter", Array("12345".utf8), at: rig.now, into: &rig.out) }
    try rig.engine.closeInput(of: "counter", at: rig.now, into: &rig.out)
    _ = try rig.engine.attach("counter", at: rig.now, into: &rig.out)
    rig.engine.detach(id, at: rig.now, into: &rig.out)
    try rig.start(id)
    rig.run(for: .seconds(1))
    var shown: [UInt8] = []
    for case (_, .output(id, _, let bytes)) in rig.notices { shown += bytes }
    #expect(String(decoding: shown, as: UTF8.self) == "15\n")
    #expect(rig.state(id)?.status == .exited)
  }

  @Test("input from a pipe reaches a command and ends with it") func pipe() throws {
    var rig = Rig()
    try rig.start("nginx:alpine", name: "web")
    var spec = ExecSpec(["wc", "-c"])
    spec.attachStdin = true
    let id = try rig.engine.createExec(in: "web", spec, at: rig.now, into: &rig.out)
    try rig.engine.startExec(id.description, at: rig.now, into: &rig.out)
    rig.run(for: .zero)
    try rig.engine.sendInput(toExec: id.description, Array("12345".utf8), at: rig.now, into: &rig.out)
    try rig.engine.closeInput(ofExec: id.description, at: rig.now, into: &rig.out)
    rig.run(for: .seconds(1))
    #expect(rig.notices.contains { $0.1 == .execOutput(id, .output, Array("5\n".utf8)) })
    #expect(rig.notices.contains { $0.1 == .execEnded(id, exitCode: 0) })
  }

  @Test("a command that reaches beyond the container is asked of the driver, whose answer comes through")
  func beyond() throws {
    var rig = Rig()
    let id = try rig.start("alpine", ["sh", "-c", "ping -c1 web | head -1; echo done"])
    var wanted: CommandID?
    for case (_, .commandWanted(let command, id, let what)) in rig.notices {
      #expect(what.arguments == ["ping", "-c1", "web"])
      wanted = command
    }
    let command = try #require(wanted)
    rig.engine.answer(command, .wrote(.output, Array("PING web\nmore\n".utf8)), at: rig.now, into: &rig.out)
    rig.engine.answer(command, .ended(0), at: rig.now, into: &rig.out)
    rig.run(for: .seconds(1))
    #expect(rig.lines(id) == ["PING web", "done"])
    let hung = try rig.start("alpine", ["ping", "web"])
    try rig.engine.kill(.id(hung), at: rig.now, into: &rig.out)
    rig.run(for: .seconds(1))
    #expect(rig.notices.contains { if case .commandForgotten = $0.1 { true } else { false } })
  }

  @Test("a health check that asks the container's own server follows it") func selfCheck() throws {
    var rig = Rig()
    for (name, port, expected) in [("ok", 80, Health.Status.healthy), ("bad", 81, .unhealthy)] {
      let id = try container(&rig, "nginx:alpine", name: name) { config, _ in
        config.healthCheck = HealthCheck(
          test: ["CMD-SHELL", "curl -f http://localhost:\(port)/ || exit 1"], interval: .seconds(1), retries: 2)
      }
      try rig.start(id)
      rig.run(for: .seconds(4))
      let health = try #require(rig.engine.container(id)?.health)
      #expect(health.status == expected)
      #expect(health.log.last?.output.includes(expected == .healthy ? "Welcome to nginx" : "Could not connect") == true)
    }
  }

  @Test("ps and top show what runs") func processes() throws {
    var rig = Rig()
    try rig.start("nginx:alpine", name: "web")
    #expect(
      try exec(&rig, in: "web", ["ps"]).output == """
        PID   USER     TIME  COMMAND
            1 root      0:00 /docker-entrypoint.sh nginx -g daemon off;
            8 root      0:00 ps

        """)
    let rows = try rig.engine.processes(of: "web")
    #expect(rows.map(\.inside) == [1])
    #expect(rows.first?.pid == (try rig.engine.container("web").state.pid))
  }
}
