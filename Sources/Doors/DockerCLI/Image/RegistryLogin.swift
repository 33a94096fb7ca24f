import EngineTypes
import SimBase

/// What the user's settings know of a registry.
///
/// Source: docker/cli `cli/config/configfile/file.go`; docker/docker `registry/auth.go`.
struct RegistryLogin {
  let session: Session

  /// The credentials for an image's registry as requests carry them; an empty object where there are none.
  func header(for image: String) -> String {
    let host = (try? ImageReference(image))?.name.cut("/")?.before ?? "docker.io"
    let server = host == "docker.io" ? "https://index.docker.io/v1/" : host
    let stored = session.settings["auths"][server]
    var fields: [JSON.Field] = []
    if let text = stored["auth"].string,
      let (user, password) = String(decoding: decodedBase64(text), as: UTF8.self).cut(":")
    {
      fields = [.init("username", .string(user)), .init("password", .string(password))]
      fields.append(.init("serveraddress", .string(server)))
    }
    return base64Text(Array(JSON.object(fields).text.utf8), urlSafe: true)
  }
}
