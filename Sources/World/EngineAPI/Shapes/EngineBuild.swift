import EngineTypes

/// What every engine of the world says of its own build: the Docker whose behaviour it has.
public enum EngineBuild {
  /// The engine's version.
  public static let version = "28.5.2"
  /// Its commit.
  public static let commit = "3ef3c07"
  /// The compiler it is built with.
  public static let goVersion = "go1.24.9"
  /// When it was built; a fixed date, as of a release.
  public static let buildTime = "2025-09-15T11:02:57.000000000+00:00"
  /// The kernel below it.
  public static let kernelVersion = "6.12.0"
  /// containerd's version and commit; a distribution's build of it names none.
  public static let containerd = (version: "1.7.28", commit: "")
  /// runc's version and commit.
  public static let runc = (version: "1.3.0", commit: "v1.3.0-0-g4ca628d")
  /// docker-init's version and commit; a distribution's build of it names none.
  public static let dockerInit = (version: "0.19.0", commit: "")

  /// What the runtime can do, as `runc features` says it: a document in a text, which clients hand on unread.
  ///
  /// Source: opencontainers/runtime-spec `features.md`.
  public static let runtimeFeatures: String = {
    let namespaces: [JSON] = ["cgroup", "ipc", "mount", "network", "pid", "user", "uts"]
    let features: JSON = [
      "ociVersionMin": "1.0.0", "ociVersionMax": "1.2.1",
      "hooks": ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
      "linux": [
        "namespaces": .array(namespaces),
        "cgroup": ["v1": true, "v2": true, "systemd": true, "systemdUser": true, "rdma": true],
        "seccomp": ["enabled": true], "apparmor": ["enabled": true],
      ],
      "annotations": ["org.opencontainers.runc.version": .string(runc.version)],
    ]
    return features.text
  }()
}
