import EngineTypes

/// `docker image inspect`: all about images.
enum ImageInspect {
  static let command = Command(
    use: "inspect [OPTIONS] IMAGE [IMAGE...]", short: "Display detailed information on one or more images",
    arity: .atLeast(1),
    options: [
      Inspector.formatOption,
      Option(
        "platform", nil,
        """
        Inspect a specific platform of the multi-platform image.
        If the image or the server is not multi-platform capable, \
        the command will error out if the platform does not match.
        'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)
        """),
    ],
    run: { (call: Invocation) throws(Failure) in
      try Inspector.run(
        call.arguments, format: call.flags.text("format"), badFormatStatus: 64, in: call.session
      ) { (name: String) throws(Failure) in
        Inspector.Element(
          ordered: try call.session.engine().raw("/images/\(pathEscaped(name))/json"), named: "image.InspectResponse")
      }
    })
}
