import SimBase

// Images that people run commands in. Sizes: Docker Hub, 2025.

extension PersonaLibrary {
  static let bases: [Persona] = [
    base("alpine", [.alpine], .busybox, shell: ["/bin/sh"]),
    base("busybox", [.busybox], .busybox, shell: ["sh"]),
    base("debian", [.debian, .init("debian extras", size: 38_400_000)], .debian, shell: ["bash"]),
    base("ubuntu", [.init("ubuntu 24.04", size: 78_100_000)], .debian, shell: ["/bin/bash"]),
    base("centos", [.init("centos 7", size: 204_000_000)], .debian, shell: ["/bin/bash"]),
    base("bash", [.alpine, .init("bash 5.3", size: 6_200_000)], .busybox, shell: ["bash"], extra: ["bash"]),
    base(
      "nicolaka/netshoot", [.alpine, .init("netshoot", size: 480_000_000)], .busybox, shell: ["zsh"],
      extra: ["zsh", "bash", "curl", "dig"]),
    base(
      "curlimages/curl", [.alpine, .init("curl 8", size: 13_700_000)], .busybox, shell: ["curl"],
      entry: ["/entrypoint.sh"],
      extra: ["curl"]),
    base(
      "python", [.debian, .init("python 3.13", size: 46_100_000)], .debian, shell: ["python3"],
      extra: ["python3", "python"]),
    base(
      "node", [.debian, .init("node 22", size: 147_000_000)], .debian, shell: ["node"], entry: ["docker-entrypoint.sh"],
      extra: ["node", "npm"]),
    helloWorld,
  ]

  private static func base(
    _ name: String, _ layers: [Persona.Layer], _ toolbox: Persona.Toolbox, shell: [String], entry: [String]? = nil,
    extra: [String] = []
  ) -> Persona {
    var persona = Persona(name, layers: layers)
    persona.toolbox = toolbox
    persona.extraTools = extra
    persona.config.env = [Persona.usualPath]
    persona.config.entrypoint = entry
    persona.config.command = shell
    persona.wrappers = entry ?? []
    return persona
  }

  private static var helloWorld: Persona {
    let lines = [
      "", "Hello from Docker!", "This message shows that your installation appears to be working correctly.", "",
      "To generate this message, Docker took the following steps:",
      " 1. The Docker client contacted the Docker daemon.",
      " 2. The Docker daemon pulled the \"hello-world\" image from the Docker Hub.", "    (amd64)",
      " 3. The Docker daemon created a new container from that image which runs the",
      "    executable that produces the output you are currently reading.",
      " 4. The Docker daemon streamed that output to the Docker client, which sent it", "    to your terminal.", "",
      "To try something more ambitious, you can run an Ubuntu container with:", " $ docker run -it ubuntu bash", "",
      "Share images, automate workflows, and more with a free Docker ID:", " https://hub.docker.com/", "",
      "For more examples and ideas, visit:", " https://docs.docker.com/get-started/", "",
    ]
    var persona = Persona("hello-world", layers: [Persona.Layer("hello", size: 10_072)])
    persona.toolbox = .none
    persona.config.env = [Persona.usualPath]
    persona.config.command = ["/hello"]
    persona.binaries = [Persona.Binary("hello", program: Program(prologue: lines.map { .print($0) }, ending: .exit(0)))]
    return persona
  }
}
