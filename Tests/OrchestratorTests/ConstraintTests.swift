import SimBase
import SwarmManager
import SwarmModel
import Testing

@Suite("Placement constraints")
struct ConstraintTests {
  private func read(_ text: String) -> String {
    do {
      let constraint = try Constraint(text)
      return "\(constraint.key)|\(constraint.op == .equal ? "==" : "!=")|\(constraint.value)"
    } catch {
      return error.description
    }
  }

  @Test(
    "a constraint is a key, an operator and a value, or is refused in swarmkit's words",
    arguments: [
      ("node.labels.disk==ssd", "node.labels.disk|==|ssd"),
      ("  node.role !=\tmanager \n", "node.role|!=|manager"),
      ("node.labels.a==b==c", "value 'b==c' is invalid"),
      ("node.labels.a!=b==c", "key 'node.labels.a!=b' is invalid"),
      ("node.labels.a!=b!=c", "value 'b!=c' is invalid"),
      ("engine.labels.os==Ubuntu 24.04 (LTS)", "engine.labels.os|==|Ubuntu 24.04 (LTS)"),
      ("node.labels.x == ^[a-z]*.+?$|\\/:_-", "node.labels.x|==|^[a-z]*.+?$|\\/:_-"),
      ("unknown==key", "unknown|==|key"),
      ("_a==b", "_a|==|b"),
      ("", "constraint expected one operator from ==, !="),
      ("node.role=manager", "constraint expected one operator from ==, !="),
      ("node.role<manager", "constraint expected one operator from ==, !="),
      ("==manager", "key '' is invalid"),
      ("a==b", "key 'a' is invalid"),
      ("1node==b", "key '1node' is invalid"),
      ("node labels==b", "key 'node labels' is invalid"),
      ("node.é==b", "key 'node.é' is invalid"),
      ("node.role==", "value '' is invalid"),
      ("node.role==a,b", "value 'a,b' is invalid"),
      ("node.role==~a", "value '~a' is invalid"),
      ("node.labels.ort==köln", "value 'köln' is invalid"),
    ])
  func grammar(text: String, expected: String) {
    #expect(read(text) == expected)
  }

  @Test("the first constraint that cannot be read decides the error of a list")
  func list() {
    #expect(throws: ConstraintError.badKey("")) { try Constraint.parse(["node.role==worker", "==x", "nothing"]) }
    #expect((try? Constraint.parse([]))?.isEmpty == true)
  }

  private func node() -> Node {
    var node = Node()
    node.id = NodeID(raw: 123_456)
    node.role = .manager
    node.status.addr = "10.8.4.17"
    node.spec.annotations.labels = ["disk": "SSD", "empty": ""]
    var description = NodeDescription()
    description.hostname = "Node-1"
    description.os = "linux"
    description.architecture = "x86_64"
    description.engineLabels = ["Rack": "r1"]
    node.description = description
    return node
  }

  @Test(
    "a node is compared whole and without regard to case; label keys keep theirs",
    arguments: [
      ("node.hostname==node-1", true), ("NODE.HostName==NODE-1", true), ("node.hostname==node", false),
      ("node.hostname!=node", true), ("node.hostname==node-.*", false),
      ("node.role==manager", true), ("node.role!=manager", false), ("node.role==worker", false),
      ("node.labels.disk==ssd", true), ("node.labels.Disk==ssd", false), ("node.labels.Disk!=ssd", true),
      ("Node.Labels.disk==ssd", true), ("node.labels.none!=x", true), ("node.labels.empty==x", false),
      ("engine.labels.Rack==R1", true), ("engine.labels.rack==r1", false), ("ENGINE.LABELS.Rack!=r2", true),
      ("node.platform.os==Linux", true), ("node.platform.arch==amd64", false), ("node.platform.arch==x86_64", true),
      ("node.labels.==x", false), ("node.labels.!=x", false), ("node.labels==x", false), ("other!=x", false),
      ("node.ip==10.8.4.17", true), ("node.ip!=10.8.4.17", false), ("node.ip==10.8.4.18", false),
      ("node.ip==10.8.4.0/24", true), ("node.ip!=10.8.4.0/24", false), ("node.ip==10.9.0.0/16", false),
      ("node.ip!=10.9.0.0/16", true), ("node.ip==0.0.0.0/0", true), ("node.ip==::/0", false),
      ("node.ip==::ffff:10.8.4.17", true), ("node.ip==10.8.4", false), ("node.ip!=10.8.4", false),
      ("node.ip==10.8.4.0/33", false), ("node.ip!=010.8.4.17", false),
    ])
  func matching(text: String, expected: Bool) throws {
    #expect(try Constraint(text).allows(node()) == expected)
  }

  @Test("a node's ID is compared like all else")
  func id() throws {
    #expect(try Constraint("node.id==\(node().id)").allows(node()))
    #expect(try !Constraint("node.id!=\(node().id)").allows(node()))
  }

  @Test("a node that has told nothing of itself has empty names and no address")
  func blank() throws {
    let blank = Node()
    for text in ["node.hostname!=x", "node.platform.os!=x", "engine.labels.a!=x", "node.ip!=10.0.0.0/8"] {
      #expect(try Constraint(text).allows(blank), "\(text)")
    }
    #expect(try !Constraint("node.ip==0.0.0.0/0").allows(blank))
  }

  @Test(
    "IPv6 addresses and subnets are understood",
    arguments: [
      ("2001:db8::2", "2001:db8::2", true), ("2001:db8::2", "2001:0DB8:0:0::0002", true),
      ("2001:db8::2", "2001:db8::/32", true), ("2001:db8::2", "2001:db9::/32", false), ("::1", "::1", true),
      ("fe80::1", "fe80::/10", true), ("2001:db8::2", "2001:db8::2::", false), ("::1", "1::2::3", false),
      ("10.0.0.1", "::ffff:0:0/96", true), ("10.0.0.1", "::ffff:10.0.0.1/64", false),
      ("::2", "::ffff:1.2.3.4/64", true),
    ])
  func six(address: String, value: String, expected: Bool) throws {
    var node = Node()
    node.status.addr = address
    #expect(try Constraint("node.ip==\(value)").allows(node) == expected)
  }

  @Test("all constraints of a list must hold; a list that cannot be read constrains nothing")
  func all() throws {
    let good = try Constraint.parse(["node.role==manager", "node.labels.disk==ssd"])
    #expect(good.allow(node()))
    #expect(try !(good + Constraint.parse(["node.role==worker"])).allow(node()))
    var placement = Placement()
    placement.constraints = ["node.role==worker", "nonsense"]
    #expect(Constraint.of(placement).isEmpty)
  }
}
