import SimBase

// Servers that run until they are told to stop. Sizes and settings: Docker Hub, 2025.

extension PersonaLibrary {
  static let servers: [Persona] = [
    nginx(tags: ["alpine", "stable-alpine", "mainline-alpine"], [.alpine, .init("nginx alpine", size: 44_200_000)]),
    nginx(tags: [], [.debian, .init("nginx", size: 113_500_000)]),
    httpd(tags: ["alpine", "2.4-alpine"], [.alpine, .init("httpd alpine", size: 54_600_000)]),
    httpd(tags: [], [.debian, .init("httpd 2.4", size: 69_300_000)]),
    redis(tags: ["alpine", "7-alpine"], [.alpine, .init("redis alpine", size: 33_100_000)]),
    redis(tags: ["3.0.6", "3.0.7"], [.init("debian 8", size: 125_000_000), .init("redis 3.0", size: 26_000_000)]),
    redis(tags: [], [.debian, .init("redis", size: 58_200_000)]),
    server(
      "hashicorp/http-echo", [.init("http-echo", size: 7_840_000)], port: 5678, answer: .echoedText,
      entry: ["/http-echo"], command: nil, ready: [.complain("[INFO] server is listening on :5678")],
      tools: Persona.Toolbox.none),
    server(
      "registry", [.alpine, .init("registry", size: 17_100_000)], port: 5000, answer: .registry,
      entry: ["/entrypoint.sh"],
      command: ["/etc/docker/registry/config.yml"], ready: [.complain("level=info msg=\"listening on [::]:5000\"")],
      stop: .exits(2, after: .milliseconds(5)), binary: "config.yml", volumes: ["/var/lib/registry"], tools: .busybox),
    server(
      "traefik/whoami", [.init("whoami", size: 6_380_000)], port: 80, answer: .requestBack, entry: ["/whoami"],
      command: nil,
      ready: [.complain("Starting up on port 80")], stop: .exits(2, after: .zero), tools: Persona.Toolbox.none),
    server(
      "portainer/portainer-ce", [.init("portainer", size: 268_000_000)], port: 9000,
      answer: .page("<title>Portainer</title>\n", contentType: "text/html; charset=utf-8"), entry: ["/portainer"],
      command: nil,
      ready: [.pause(.milliseconds(600)), .complain("starting HTTP server | bind_address=:9000")], more: [8000, 9443],
      volumes: ["/data"], tools: Persona.Toolbox.none),
    server(
      "dockersamples/visualizer", [.alpine, .init("visualizer", size: 180_000_000)], port: 8080,
      answer: .page("<title>Visualizer</title>\n", contentType: "text/html; charset=utf-8"),
      entry: ["/sbin/tini", "--"], command: ["node", "server.js"], ready: [.pause(.milliseconds(700))], binary: "node",
      tools: .busybox),
    database("postgres", [.debian, .init("postgres 18", size: 360_000_000)], 5432, "postgres", "SIGINT"),
    database(
      "mysql", [.init("oracle linux 9", size: 118_000_000), .init("mysql 9", size: 680_000_000)], 3306, "mysqld", nil),
    database(
      "mariadb", [.init("ubuntu 24.04", size: 78_100_000), .init("mariadb", size: 252_000_000)], 3306, "mariadbd", nil),
    database(
      "mongo", [.init("ubuntu 24.04", size: 78_100_000), .init("mongo 8", size: 790_000_000)], 27017, "mongod", nil),
    database(
      "rabbitmq", [.init("ubuntu 24.04", size: 78_100_000), .init("rabbitmq", size: 150_000_000)], 5672,
      "rabbitmq-server", nil),
    database("memcached", [.debian, .init("memcached", size: 6_300_000)], 11211, "memcached", nil),
    server(
      "traefik", [.alpine, .init("traefik 3", size: 215_000_000)], port: 80, answer: .opaque, entry: ["/entrypoint.sh"],
      command: ["traefik"], ready: [], binary: "traefik", tools: .busybox),
    server(
      "docker", [.alpine, .init("docker 28", size: 360_000_000)], port: 2375, answer: .opaque,
      entry: ["dockerd-entrypoint.sh"], command: [], ready: [.pause(.milliseconds(500))],
      binary: "dockerd-entrypoint.sh",
      more: [2376], volumes: ["/var/lib/docker"], tools: .busybox),
  ]

  private static func nginx(tags: [String], _ layers: [Persona.Layer]) -> Persona {
    let page = """
      <!DOCTYPE html>
      <html>
      <head><title>Welcome to nginx!</title></head>
      <body><h1>Welcome to nginx!</h1></body>
      </html>

      """
    var persona = server(
      "nginx", layers, port: 80, answer: .page(page, contentType: "text/html"), entry: ["/docker-entrypoint.sh"],
      command: ["nginx", "-g", "daemon off;"],
      ready: [.print("/docker-entrypoint.sh: Configuration complete; ready for start up")], binary: "nginx",
      tools: layers.first == .alpine ? .busybox : .debian)
    persona.tags = tags
    persona.extraTools = ["curl"]
    persona.files = [.init("/usr/share/nginx/html/index.html", page)]
    persona.config.stopSignal = "SIGQUIT"
    return persona
  }

  private static func httpd(tags: [String], _ layers: [Persona.Layer]) -> Persona {
    let page = "<html><body><h1>It works!</h1></body></html>\n"
    var persona = server(
      "httpd", layers, port: 80,
      answer: .page(page, contentType: "text/html"),
      entry: nil, command: ["httpd-foreground"],
      ready: [
        .complain(
          "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using {hostname}")
      ],
      binary: "httpd-foreground", tools: layers.first == .alpine ? .busybox : .debian)
    persona.tags = tags
    persona.files = [.init("/usr/local/apache2/htdocs/index.html", page)]
    persona.config.stopSignal = "SIGWINCH"
    persona.config.workingDirectory = "/usr/local/apache2"
    return persona
  }

  private static func redis(tags: [String], _ layers: [Persona.Layer]) -> Persona {
    var persona = server(
      "redis", layers, port: 6379, answer: .redis, entry: ["docker-entrypoint.sh"], command: ["redis-server"],
      ready: [.print("Ready to accept connections")], binary: "redis-server", volumes: ["/data"],
      tools: layers.first == .alpine ? .busybox : .debian)
    persona.tags = tags
    persona.extraTools = ["redis-cli"]
    persona.config.workingDirectory = "/data"
    return persona
  }

  private static func database(
    _ name: String, _ layers: [Persona.Layer], _ port: UInt16, _ binary: String, _ stopSignal: String?
  ) -> Persona {
    var persona = server(
      name, layers, port: port, answer: .opaque, entry: ["docker-entrypoint.sh"], command: [binary],
      ready: [.pause(.milliseconds(1_500)), .complain("ready to accept connections")],
      stop: .exits(0, after: .milliseconds(300)), binary: binary, volumes: ["/var/lib/\(name)"], tools: .debian)
    persona.config.stopSignal = stopSignal
    return persona
  }

  static func server(
    _ name: String, _ layers: [Persona.Layer], port: UInt16, answer: PersonaService.Answer, entry: [String]?,
    command: [String]?, ready: [Step], stop: Program.StopReaction = .exits(0, after: .milliseconds(5)),
    binary: String? = nil, more: [UInt16] = [], volumes: [String] = [], tools: Persona.Toolbox
  ) -> Persona {
    var persona = Persona(name, layers: layers)
    persona.config.env = [Persona.usualPath]
    persona.config.entrypoint = entry
    persona.config.command = command
    persona.config.exposedPorts = ([port] + more).sorted().map { ContainerPort($0) }
    persona.config.volumes = volumes
    // The last word of a wrapper, or the entry point itself, is what runs.
    let main = binary ?? String((entry?.last ?? command?.first ?? name).split(separator: "/").last ?? "")
    persona.wrappers = Array((entry ?? []).prefix { !$0.hasSuffix("/" + main) && $0 != main })
    persona.binaries = [Persona.Binary(main, program: Program(prologue: ready, onStop: stop))]
    persona.toolbox = tools
    persona.services = [PersonaService(port, answer)] + more.map { PersonaService($0, .opaque) }
    return persona
  }
}
