import EngineTypes
import SimBase

/// The built-in `curl`: asks an engine over its socket, as one does to see the Engine API.
///
/// **Differs from curl:** it reaches engines only, `--unix-socket PATH` and `http://HOST:2375`; no progress meter, no
/// redirects, one URL, the body whole in memory.
/// Source: curl 8 `man curl`; `src/tool_operate.c` for statuses and words.
public enum CurlCommandLine {
  private static let options: [Option] = [
    Option("silent", "s", .bool, "Silent mode"), Option("show-error", "S", .bool, "Show error even when -s is used"),
    Option("fail", "f", .bool, "Fail fast with no output on HTTP errors"),
    Option("include", "i", .bool, "Include response headers in output"),
    Option("head", "I", .bool, "Show document info only"),
    Option("verbose", "v", .bool, "Make the operation talkative"),
    Option("location", "L", .bool, "Follow redirects"), Option("insecure", "k", .bool, "Allow insecure connections"),
    Option("no-buffer", "N", .bool, "Disable buffering"), Option("globoff", "g", .bool, "Disable globbing"),
    Option("get", "G", .bool, "Put the post data in the URL and use GET"),
    Option("request", "X", "Specify request method to use"), Option("header", "H", .list, "Pass custom header"),
    Option("data", "d", .list, "HTTP POST data"), Option("data-raw", nil, .list, "HTTP POST data, '@' allowed"),
    Option("data-binary", nil, .list, "HTTP POST binary data"), Option("data-urlencode", nil, .list, "HTTP POST data"),
    Option("json", nil, .list, "HTTP POST JSON"), Option("output", "o", "Write to file instead of stdout"),
    Option("write-out", "w", "Output FORMAT after completion"), Option("max-time", "m", "Maximum time for transfer"),
    Option("connect-timeout", nil, "Maximum time for connecting"), Option("unix-socket", nil, "Connect through socket"),
  ]

  /// Why a transfer ends: curl's status, and what it says.
  private struct Trouble: Error {
    var status: Int32
    var text: String
  }

  /// Runs a command line (its words without the program's name) and returns its exit status.
  public static func run(_ arguments: [String], in host: any CLIHost) -> Int32 {
    let parser = CommandParser(options: options, endsAtArgument: false, host: host)
    guard case .parsed(let flags, let urls)? = try? parser.parse(arguments), let url = urls.first else {
      host.write(Array("curl: try 'curl --help' or 'curl --manual' for more information\n".utf8), to: .error)
      return 2
    }
    do throws(Trouble) {
      try transfer(url, flags, host)
      return 0
    } catch {
      if !flags.isOn("silent") || flags.isOn("show-error") {
        host.write(Array("curl: (\(error.status)) \(error.text)\n".utf8), to: .error)
      }
      return error.status
    }
  }

  private static func transfer(_ url: String, _ flags: Flags, _ host: any CLIHost) throws(Trouble) {
    let bare = url.hasPrefix("http://") ? String(url.dropFirst(7)) : url
    if bare.includes("://") {
      throw Trouble(status: 1, text: "Protocol \"\(bare.prefix { $0 != ":" })\" not supported")
    }
    let authority = String(bare.prefix { $0 != "/" && $0 != "?" })
    var target = String(bare.dropFirst(authority.count).prefix { $0 != "#" })
    if !target.hasPrefix("/") { target = "/" + target }
    let body = try body(flags, host)
    if flags.isOn("get"), !body.isEmpty {
      target += (target.contains("?") ? "&" : "?") + String(decoding: body, as: UTF8.self)
    }
    let sends = !flags.isOn("get") && flags.isAnySet("data", "data-raw", "data-binary", "data-urlencode", "json")
    let method = flags.given("request") ?? (flags.isOn("head") ? "HEAD" : sends ? "POST" : "GET")
    var headers = [HTTPHeader("Host", authority), HTTPHeader("User-Agent", "curl/8.14.1"), HTTPHeader("Accept", "*/*")]
    if sends {
      let type = flags.isSet("json") ? "application/json" : "application/x-www-form-urlencoded"
      headers.append(HTTPHeader("Content-Type", type))
    }
    for text in flags.list("header") {
      guard let (name, value) = text.cut(":") else { continue }
      headers.removeAll { $0.name.lowercased() == name.lowercased() }
      headers.append(HTTPHeader(name, value.trimmed()))
    }
    let answer = try send(
      EngineRequest(method, target, headers: headers, body: sends ? body : []), to: authority, flags, host)
    if flags.isOn("fail"), answer.status >= 400 {
      throw Trouble(status: 22, text: "The requested URL returned error: \(answer.status)")
    }
    var output: [UInt8] = []
    if flags.isOn("include") || flags.isOn("head") {
      let lines =
        ["HTTP/1.1 \(answer.status) \(reason(answer.status))"] + answer.headers.map { "\($0.name): \($0.value)" }
      output = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }
    if method != "HEAD" { output += answer.body }
    let path = flags.text("output")
    if path.isEmpty {
      host.write(output, to: .output)
    } else if (try? host.writeFile(host.absolute(path), output)) == nil {
      throw Trouble(status: 23, text: "Failure writing output to destination")
    }
    let note = flags.text("write-out").replacing("\\n", with: "\n").replacing("\\t", with: "\t")
      .replacing("%{http_code}", with: String(answer.status)).replacing("%{response_code}", with: String(answer.status))
      .replacing("%{size_download}", with: String(answer.body.count))
      .replacing("%{content_type}", with: answer.header("Content-Type") ?? "")
    host.write(Array(note.utf8), to: .output)
  }

  private static func send(
    _ request: EngineRequest, to authority: String, _ flags: Flags, _ host: any CLIHost
  ) throws(Trouble) -> EngineResponse {
    let socket = flags.text("unix-socket")
    let (name, port) = authority.cut(":") ?? (authority, "80")
    let refused = Trouble(
      status: 7, text: "Failed to connect to \(name) port \(port) after 0 ms: Couldn't connect to server")
    if socket.isEmpty, port != "2375" { throw refused }
    do throws(EngineUnreachable) {
      let client = try host.client(for: socket.isEmpty ? "tcp://\(authority)" : "unix://\(host.absolute(socket))")
      return try client.send(request)
    } catch {
      throw refused
    }
  }

  /// What is sent: the values of all data flags, `&` between them; `@PATH` is a file's contents.
  private static func body(_ flags: Flags, _ host: any CLIHost) throws(Trouble) -> [UInt8] {
    var parts: [[UInt8]] = []
    for flag in ["json", "data", "data-binary", "data-raw", "data-urlencode"] {
      for text in flags.list(flag) {
        switch flag {
        case "data-raw": parts.append(Array(text.utf8))
        case "data-urlencode":
          let (name, value) = text.cut("=") ?? ("", text)
          parts.append(Array(((name.isEmpty ? "" : name + "=") + queryEscaped(value)).utf8))
        default:
          guard text.hasPrefix("@") else {
            parts.append(Array(text.utf8))
            continue
          }
          let bytes = try contents(String(text.dropFirst()), host)
          parts.append(flag == "data" ? bytes.filter { $0 != 10 && $0 != 13 } : bytes)
        }
      }
    }
    return Array(parts.joined(separator: [UInt8(ascii: flags.isSet("json") ? "\n" : "&")]))
  }

  private static func contents(_ path: String, _ host: any CLIHost) throws(Trouble) -> [UInt8] {
    if path == "-" {
      var bytes: [UInt8] = []
      while let more = host.readInput() { bytes += more }
      return bytes
    }
    guard let bytes = try? host.readFile(host.absolute(path)) else {
      throw Trouble(status: 26, text: "Failed to open \(path)")
    }
    return bytes
  }

  private static func reason(_ status: Int) -> String {
    let words = [
      200: "OK", 201: "Created", 204: "No Content", 304: "Not Modified", 400: "Bad Request", 401: "Unauthorized",
      403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable", 409: "Conflict",
      500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
    ]
    return words[status] ?? ""
  }
}
