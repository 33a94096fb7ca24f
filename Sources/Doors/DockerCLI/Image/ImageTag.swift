import EngineTypes
import SimBase

/// `docker tag`: another name for an image.
enum ImageTag {
  static let command = Command(
    use: "tag SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
    short: "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
    aliases: ["docker image tag", "docker tag"], arity: .exactly(2),
    run: { (call: Invocation) throws(Failure) in
      let (source, target) = (call.arguments[0], call.arguments[1])
      func parsed(_ text: String) throws(Failure) -> ImageReference {
        do throws(FlagTrouble) {
          return try ImageReference(text)
        } catch {
          throw Failure("Error parsing reference: \(text.goQuoted) is not a valid repository/tag: \(error.reason)")
        }
      }
      if !isImageID(source) { _ = try parsed(source) }
      var reference = try parsed(target)
      if reference.digest != nil { throw Failure("refusing to create a tag with a digest reference") }
      reference.addDefaultTag()
      try call.session.engine().post(
        "/images/\(pathEscaped(source))/tag", ["repo": reference.familiarName, "tag": reference.tag ?? ""])
    })
}
