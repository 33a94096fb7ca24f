/// `docker volume inspect`: all about volumes.
enum VolumeInspect {
  static let command = Command(
    use: "inspect [OPTIONS] VOLUME [VOLUME...]", short: "Display detailed information on one or more volumes",
    arity: .atLeast(1), options: [Inspector.formatOption],
    run: { (call: Invocation) throws(Failure) in
      try Inspector.run(
        call.arguments, format: call.flags.text("format"), badFormatStatus: 64, in: call.session
      ) { (name: String) throws(Failure) in
        try Inspector.Element(
          document: call.session.engine().raw("/volumes/\(pathEscaped(name))"), as: "volume.Volume")
      }
    })
}
