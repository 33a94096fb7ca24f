import EngineTypes
import SimBase
import SwarmManager
import Workloads

/// `GET /images/search`: which images Docker Hub has.
///
/// **Differs from Docker:** the lab's registry is the answer: its built-in images whose names hold the term.
///
/// Source: moby/moby `api/server/router/image/image_routes.go` (`getImagesSearch`), `registry/search.go`.
public struct ImageSearch: Sendable, Equatable {
  /// What is looked for in names.
  public var term: String
  /// How many are shown at most.
  public var limit: Int
  /// Only those that are official, or are not; nil for all.
  public var isOfficial: Bool?

  init(_ query: Query) throws(APIError) {
    term = query["term"]
    let text = query["limit"]
    switch GoNumber.parseInt(text) {
    case .success(let number): limit = number == 0 ? ImageSearch.defaultLimit : Int(number)
    case .failure(let fault):
      if !text.isEmpty {
        throw APIError(.invalidParameter, "invalid limit specified: \(fault.message(of: "Atoi", text))")
      }
      limit = ImageSearch.defaultLimit
    }
    let filters = try FilterArguments(query["filters"])
    try filters.validate("is-automated", "is-official", "stars")
    isOfficial = try filters.flag("is-official")
    if !(1...100 ~= limit) {
      throw APIError(.invalidParameter, "limit \(limit) is outside the range of [1, 100]")
    }
  }

  private static let defaultLimit = 25

  /// The images that are found, by name.
  func answer() -> EngineAnswer {
    let names = PersonaLibrary.builtInNames.filter { name in
      name.includes(term) && !name.hasPrefix("lab/") && (isOfficial.map { $0 == !name.includes("/") } ?? true)
    }
    return .json { writer in
      writer.array(names.prefix(limit)) { writer, name in
        writer.object { writer in
          writer.field("star_count", 0)
          writer.field("is_official", !name.includes("/"))
          writer.field("name", name)
          writer.field("is_automated", false)
          writer.field("description", "")
        }
      }
    }
  }
}
