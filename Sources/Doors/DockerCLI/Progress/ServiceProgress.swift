import EngineTypes
import SimBase

/// Waits until a service has what it asks for, and shows how far it is.
///
/// Every 200 ms the service, its up-to-date tasks and the nodes are read. The wait ends when all tasks have run for as
/// long as updates are monitored, when an update says that it is done or paused, or when the user turns away.
///
/// Source: docker/cli `cli/command/service/progress/progress.go`.
struct ServiceProgress {
  private let session: Session
  private let engine: Engine
  /// What the user called the service: what the last line names.
  private let service: String
  private var printer: ProgressPrinter
  private var updater: (any TaskProgress)?
  private var isConverged = false
  private var convergedAt: Timestamp?
  private var monitor = Duration.seconds(5)
  private var isRollingBack = false
  /// What is said once a rollback has converged.
  private var farewell: String?

  init(of service: String, in session: Session, isQuiet: Bool) {
    self.service = service
    self.session = session
    engine = session.engine()
    printer = ProgressPrinter(session: session, isQuiet: isQuiet)
  }

  /// Waits until the service has settled; throws why it will not.
  mutating func wait() throws(Failure) {
    while true {
      let path = "/services/\(pathEscaped(service))"
      let object = try engine.get(path, ["insertDefaults": "false"])
      if let span = object["Spec"]["UpdateConfig"]["Monitor"].int, span != 0 { monitor = .nanoseconds(span) }
      if updater == nil { updater = try taskProgress(of: object) }
      if try isOver(object["UpdateStatus"]) { return }
      if isConverged, let since = convergedAt, engine.now - since >= monitor {
        printer.show("verify", "Service \(service) converged")
        if let farewell { printer.line("rollback", farewell) }
        return
      }
      isConverged = try poll(object)
      if isConverged, !object["JobStatus"].isNull {
        printer.line("", "job complete")
        return
      }
      noteConvergence()
      if session.host.isInterrupted {
        if !isConverged {
          printer.line("", "Operation continuing in background.")
          printer.line("", "Use `docker service ps \(service)` to check progress.")
        }
        return
      }
      engine.sleep(.milliseconds(200))
    }
  }

  /// What the state of an update means for the wait; true ends it.
  private mutating func isOver(_ status: JSON) throws(Failure) -> Bool {
    let words = status["Message"].string ?? ""
    switch status["State"].string ?? "" {
    case "updating": isRollingBack = false
    case "completed": return !isConverged
    case "paused": throw Failure("service update paused: \(words)")
    case "rollback_started":
      if !isRollingBack, !words.isEmpty { printer.show("rollback", words) }
      isRollingBack = true
    case "rollback_paused": throw Failure("service rollback paused: \(words)")
    case "rollback_completed":
      if !isConverged { farewell = words }
      isRollingBack = true
    default: break
    }
    return false
  }

  /// Reads tasks and nodes, and shows them; whether the service has all that it asks for.
  private mutating func poll(_ object: JSON) throws(Failure) -> Bool {
    let filters = Filters(("service", object["ID"].string ?? service), ("_up-to-date", "true"))
    let tasks = try engine.get("/tasks", filters.query).array ?? []
    var activeNodes = Set<String>()
    for node in try engine.get("/nodes").array ?? [] where node["Status"]["State"].string != "down" {
      activeNodes.insert(node["ID"].string ?? "")
    }
    let states = tasks.map(ObservedTask.init)
    return try updater?.update(object, states, activeNodes, isRollingBack, &printer) ?? true
  }

  /// Tells how long the tasks must still hold, or that one of them did not.
  private mutating func noteConvergence() {
    guard isConverged else {
      if convergedAt != nil { printer.show("verify", "Detected task failure") }
      convergedAt = nil
      return
    }
    let since = convergedAt ?? engine.now
    convergedAt = since
    // A real clock has always moved a little since it was last read: the first line says 5 seconds, not 6.
    let left = monitor - (engine.now - since) - .nanoseconds(1)
    if left >= .zero {
      printer.show("verify", "Waiting \(left.seconds + 1) seconds to verify that tasks are stable...")
    }
  }
}
