import SimBase

// Images that well-known tutorials build or pull.

extension PersonaLibrary {
  static let tutorials: [Persona] = [
    server(
      "stackdemo", [.alpine, .init("python 3.4 alpine", size: 65_000_000), .init("stackdemo", size: 11_900_000)],
      port: 8000,
      answer: .countedVisits(redisHost: "redis"), entry: nil, command: ["python", "app.py"],
      ready: [.complain(" * Running on http://0.0.0.0:8000/ (Press CTRL+C to quit)")],
      stop: .none, binary: "python", tools: .busybox),
    server(
      "get-started", [.debian, .init("python 2.7 slim", size: 42_000_000), .init("friendlyhello", size: 10_400_000)],
      port: 80,
      answer: .page(
        "<h3>Hello World!</h3><b>Hostname:</b> {hostname}<br/><b>Visits:</b> <i>cannot connect to Redis, counter disabled</i>",
        contentType: "text/html; charset=utf-8"),
      entry: nil, command: ["python", "app.py"],
      ready: [.complain(" * Running on http://0.0.0.0:80/ (Press CTRL+C to quit)")], stop: .none, binary: "python",
      tools: .debian),
    server(
      "jong1994/accountservice", [.init("accountservice", size: 18_300_000)], port: 6767,
      answer: .page("{\"result\":\"OK\"}", contentType: "application/json"), entry: ["./accountservice-linux-amd64"],
      command: nil,
      ready: [.print("Starting accountservice"), .complain("Starting HTTP service at 6767")],
      stop: .exits(2, after: .zero), binary: "accountservice-linux-amd64", tools: .debian),
    spring("phantasmicmeans/eureka_server", 8761), spring("phantasmicmeans/api-gateway", 4000),
    spring("phantasmicmeans/alarm-service", 8763), spring("phantasmicmeans/board-service", 8764),
    spring("phantasmicmeans/board-service-sidecar", 5678),
  ]

  private static func spring(_ name: String, _ port: UInt16) -> Persona {
    server(
      name, [.alpine, .init("openjdk 8 alpine", size: 94_000_000), .init("\(name) jar", size: 41_000_000)], port: port,
      answer: .page("{\"status\":\"UP\"}", contentType: "application/json"),
      entry: ["java", "-Djava.security.egd=file:/dev/./urandom", "-jar", "/app.jar"], command: nil,
      ready: [.pause(.seconds(4)), .print("Tomcat started on port(s): \(port) (http)")],
      stop: .exits(143, after: .milliseconds(200)), binary: "java", tools: .busybox)
  }
}
