import Engine
import SimBase
import Workloads

/// The images of a lab: the built-in ones, those that its owner describes, and whether there are any others.
public struct PersonaShelf: Sendable, Equatable {
  /// The owner's files, in order.
  public let files: [PersonaFile]
  /// Whether names that nobody described are refused, as Docker Hub would refuse them.
  public let isStrict: Bool
  /// What the files describe.
  public let entries: [PersonaFile.Entry]

  /// The built-in images, and a generic one for every other name unless it is strict.
  public init(isStrict: Bool = false) {
    files = []
    self.isStrict = isStrict
    entries = []
  }

  /// These files' images before the built-in ones. Throws where a file cannot be read or two describe one image.
  public init(_ files: [PersonaFile], isStrict: Bool = false) throws(PersonaTrouble) {
    self.files = files
    self.isStrict = isStrict
    entries = try PersonaFile.entries(of: files)
  }

  /// What engines of such a lab are like: by default in all but their images.
  public var engine: EngineConfig {
    var engine = EngineConfig()
    engine.library = Shared(PersonaLibrary(own: entries.map(\.persona), isStrict: isStrict))
    engine.imagesAtHand = entries.flatMap(\.atHand)
    return engine
  }
}
