import GoTemplate
import SimBase
import SwarmModel
import Testing

@Suite struct TaskTemplateTests {
  private func task(labels: Labels = [:]) -> SwarmTask {
    var spec = ServiceSpec()
    spec.annotations = Annotations(name: "web", labels: labels)
    var task = SwarmTask()
    task.serviceSpec = Shared(spec)
    task.slot = 3
    task.nodeID = NodeID(raw: 7)
    return task
  }

  private func expanded(_ text: String, labels: Labels = [:], on node: NodeDescription? = nil) throws -> String {
    var container = ContainerSpec()
    container.hostname = text
    return try TaskTemplate(task(labels: labels), on: node).expand(container).hostname
  }

  @Test("a template sees its service, its node and its task")
  func context() throws {
    var node = NodeDescription()
    (node.hostname, node.os) = ("node2", "linux")
    #expect(
      try expanded("{{.Service.Name}}-{{.Task.Slot}}.{{.Node.Hostname}}/{{.Node.Platform.OS}}", on: node)
        == "web-3.node2/linux")
    #expect(try expanded("{{.Service.Labels.app}}", labels: ["app": "shop"]) == "shop")
    #expect(try expanded("{{if eq .Task.Slot \"3\"}}{{join \"+\" \"a\" \"b\"}}{{end}}") == "a+b")
  }

  @Test("a name that leads nowhere is an error that says where it stands")
  func nowhere() {
    #expect(
      throws: TemplateError(
        message: "expanding hostname failed: template: expansion:1:10: executing \"expansion\" at "
          + "<.Service.Labels.app>: map has no entry for key \"app\"")
    ) { try expanded("{{.Service.Labels.app}}") }
    #expect(
      throws: TemplateError(
        message: "expanding hostname failed: template: expansion:1:2: executing \"expansion\" at <.Nope>: "
          + "can't evaluate field Nope in type *template.Context")
    ) { try expanded("{{.Nope}}") }
  }

  @Test("a templated secret reads what its own task was given, and nothing else")
  func payload() throws {
    var payload = TaskPayload(environment: ["A=1", "B"])
    payload.secrets = [("pw", Array("hush".utf8))]
    payload.configs = [("/etc/site", Array("listen".utf8))]
    func expanded(_ text: String) throws -> String {
      let bytes = try TaskTemplate(task(), on: nil).expand(Array(text.utf8), payload: payload)
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(
      try expanded(#"{{secret "pw"}} {{config "/etc/site"}} {{env "A"}}{{env "B"}} {{.Task.Slot}}"#)
        == "hush listen 1 3")
    #expect(
      throws: TemplateError(
        message: "template: expansion:1:2: executing \"expansion\" at <secret \"other\">: "
          + "error calling secret: secret target other not found")
    ) { try expanded(#"{{secret "other"}}"#) }
  }
}
