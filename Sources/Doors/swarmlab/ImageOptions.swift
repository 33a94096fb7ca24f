import ArgumentParser
import EngineServer
import Personas

/// Which images there are beside the built-in ones.
struct ImageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Images of your own: a folder of YAML files, or one; $SWARMLAB_PERSONAS if left out. docs/PERSONAS.md has the format.",
      valueName: "path"))
  var personas: String?
  @Flag(help: "Refuse images that nobody described, as Docker Hub would.") var strictImages = false

  /// Whether the command line says anything about images.
  var areGiven: Bool { personas != nil || strictImages }

  /// The images that a new lab has.
  func shelf() throws -> PersonaShelf { try shelf(strict: strictImages, besides: nil) }

  /// The images that a lab has which names files itself, or asks for strictness.
  func shelf(strict: Bool, besides own: String?) throws -> PersonaShelf {
    let paths = [own, personas ?? Terminal.environment("SWARMLAB_PERSONAS")].compactMap { $0 }.filter { !$0.isEmpty }
    var files: [PersonaFile] = []
    for path in paths { files += try ImageOptions.files(at: path) }
    do throws(PersonaTrouble) { return try PersonaShelf(files, isStrict: strict || strictImages) } catch {
      throw DoorError.refused(error.description)
    }
  }

  private static func files(at path: String) throws -> [PersonaFile] {
    var paths = [path]
    if Files.isFolder(path) {
      paths = Files.names(in: path).sorted().filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") }
        .map { "\(path)/\($0)" }
      if paths.isEmpty { throw DoorError.refused("\(path): there is no .yml or .yaml file in it to read images from.") }
    }
    var files: [PersonaFile] = []
    for path in paths {
      files.append(PersonaFile(name: path, text: String(decoding: try Files.read(path), as: UTF8.self)))
    }
    return files
  }
}
