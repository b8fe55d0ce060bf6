import Linux
import OCI

/// Looks up what a specification names on the host and in the container's root file system. Reads files; blocks.
enum HostResolver {
  static func resolve(_ specification: ContainerSpecification) throws -> ResolvedHostObjects {
    let root = try openRoot(specification.rootPath)
    var resolved = ResolvedHostObjects(
      identity: try identity(
        specification.process.user, additionalGroups: specification.process.additionalGroups, root: root))
    for device in specification.devices { resolved.devices += try DeviceNodes.find(device) }
    if specification.privileged {
      let named = Set(resolved.devices.map(\.node.path))
      resolved.devices += try DeviceNodes.all().filter { !named.contains($0.node.path) }
    }
    for device in specification.resources.blockIODevices {
      resolved.blockDevices[device.path] = try DeviceNodes.number(device.path)
    }
    resolved.files = try MountChecks.check(specification.mounts)
    // Docker makes a missing working directory; runtimes differ in whether they do.
    let directory = specification.process.workingDirectory
    if !directory.isEmpty, directory != "/" {
      do { try FileSystem.makeDirectories(directory, under: root) } catch {
        throw RuntimeError(
          .invalidSpecification, "cannot make the working directory \(directory) in the container: \(error.code)",
          cause: error)
      }
    }
    return resolved
  }

  static func openRoot(_ path: String) throws(RuntimeError) -> FileDescriptor {
    do { return try FileDescriptor.open(path, [.pathOnly, .directory]) } catch {
      throw RuntimeError(.failed, "cannot open the root file system \(path): \(error.code)", cause: error)
    }
  }

  /// Resolves a user with the files in `root`, of which nothing outside of it is read.
  static func identity(
    _ user: String, additionalGroups: [String], root: FileDescriptor
  ) throws -> UserDatabase.Identity {
    let database = UserDatabase(
      passwd: try FileSystem.read("/etc/passwd", under: root), group: try FileSystem.read("/etc/group", under: root))
    return try database.resolve(user, additionalGroups: additionalGroups)
  }
}
