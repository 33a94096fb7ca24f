import SimBase

/// A request to a container's web server.
public struct WebRequest: Sendable, Hashable {
  /// `GET`, `POST`.
  public var method: String
  /// The path with its query.
  public var path: String
  /// The `Host` field.
  public var host: String
  /// Who asks, as the container sees it: address and port.
  public var remote: String
  /// The `User-Agent` field.
  public var userAgent: String

  /// A request for a path.
  public init(
    _ path: String = "/", method: String = "GET", host: String = "localhost", remote: String = "127.0.0.1:40000",
    userAgent: String = "curl/8.5.0"
  ) {
    self.path = path
    self.method = method
    self.host = host
    self.remote = remote
    self.userAgent = userAgent
  }
}

/// What a container's web server answers.
public struct WebResponse: Sendable, Hashable {
  /// The HTTP status.
  public var status: Int
  /// The `Content-Type` field.
  public var contentType: String
  /// The body.
  public var body: String

  /// An answer.
  public init(status: Int = 200, contentType: String = "text/plain; charset=utf-8", _ body: String) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }
}

/// The container that answers.
public struct WebHost: Sendable, Hashable {
  /// Its host name.
  public var hostname: String
  /// The words that its process was started with.
  public var arguments: [String]
  /// Its addresses in the order of its interfaces.
  public var addresses: [IPv4Address]

  /// A container.
  public init(hostname: String, arguments: [String], addresses: [IPv4Address]) {
    self.hostname = hostname
    self.arguments = arguments
    self.addresses = addresses
  }
}

extension PersonaService {
  /// The port that it listens on, given the words that its process was started with.
  public func port(givenArguments words: [String]) -> ContainerPort {
    guard case .echoedText = answer, let listen = PersonaService.option("listen", in: words),
      let number = UInt16(listen.split(separator: ":").last ?? "")
    else { return port }
    return ContainerPort(number)
  }

  /// Its answer to a request; nil if it is no web server, or needs others for it.
  public func respond(to request: WebRequest, as host: WebHost) -> WebResponse? {
    switch answer {
    case .page(let text, let contentType):
      let path = request.path.prefix { $0 != "?" }
      if !["/", "/index.html"].contains(path) && contentType.hasPrefix("text/html") {
        return WebResponse(status: 404, contentType: "text/html", "<html><body><h1>404 Not Found</h1></body></html>\n")
      }
      return WebResponse(contentType: contentType, text.replacing("{hostname}", with: host.hostname))
    case .echoedText: return WebResponse((PersonaService.option("text", in: host.arguments) ?? "hello-world") + "\n")
    case .requestBack:
      var lines = ["Hostname: \(host.hostname)", "IP: 127.0.0.1"]
      lines += host.addresses.map { "IP: \($0)" }
      lines += [
        "RemoteAddr: \(request.remote)", "\(request.method) \(request.path) HTTP/1.1", "Host: \(request.host)",
        "User-Agent: \(request.userAgent)", "Accept: */*", "",
      ]
      return WebResponse(contentType: "text/plain; charset=utf-8", lines.joined(separator: "\n") + "\n")
    case .registry:
      return request.path == "/v2/" ? WebResponse(contentType: "application/json; charset=utf-8", "{}") : nil
    case .countedVisits, .redis, .opaque: return nil
    }
  }

  /// The value of `-name=value` or `-name value`, with one dash or two.
  private static func option(_ name: String, in words: [String]) -> String? {
    for (index, word) in words.enumerated() {
      let bare = word.drop { $0 == "-" }
      if bare.count == word.count { continue }
      if bare.hasPrefix(name + "=") { return String(bare.dropFirst(name.count + 1)) }
      if bare == name, index + 1 < words.count { return words[index + 1] }
    }
    return nil
  }
}
