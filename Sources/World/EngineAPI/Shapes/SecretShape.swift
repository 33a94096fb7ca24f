import EngineTypes
import SimBase
import SwarmModel

extension JSONWriter {
  /// A secret; its data never comes back. Source: moby/moby `daemon/cluster/convert/secret.go`.
  mutating func secret(_ secret: Secret) {
    object { writer in
      writer.head(secret.id, secret.meta)
      writer.object("Spec") { writer in
        writer.annotations(secret.annotations)
        writer.ifPresent("Driver", secret.driver) { $0.driver($1) }
        writer.ifPresent("Templating", secret.templating) { $0.driver($1) }
      }
    }
  }

  /// A config with its data. Source: moby/moby `daemon/cluster/convert/config.go`.
  mutating func config(_ config: Config) {
    object { writer in
      writer.head(config.id, config.meta)
      writer.object("Spec") { writer in
        writer.annotations(config.annotations)
        writer.unlessEmpty("Data", Base64.text(config.data))
        writer.ifPresent("Templating", config.templating) { $0.driver($1) }
      }
    }
  }
}
