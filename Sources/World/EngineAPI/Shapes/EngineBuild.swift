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
  /// containerd's version and commit.
  public static let containerd = (version: "v1.7.28", commit: "b98a3aa")
  /// runc's version and commit.
  public static let runc = (version: "1.3.0", commit: "v1.3.0-0-g4ca628d")
  /// docker-init's version and commit.
  public static let dockerInit = (version: "0.19.0", commit: "de40ad0")
}
