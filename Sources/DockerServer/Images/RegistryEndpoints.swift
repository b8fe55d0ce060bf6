import ContainerEngine
import DockerAPI
import HTTPService
import ImageStore
import OCI

/// What a registry is asked without pulling or pushing.
enum RegistryEndpoints {
  /// `POST /auth`, `docker login`: whether the registry takes the credentials.
  static let authenticate: Endpoint = { call in
    let auth = try await call.body(AuthConfig.self)
    var answer = AuthenticateResponse()
    do {
      answer.identityToken = try await call.engine.images.logIn(
        to: auth.serverAddress, RegistryAccess.credentials(auth))
    } catch let error as ImageStoreError where error.code == .denied {
      throw RefusedError(.unauthorized, error.message)
    }
    answer.status = "Login Succeeded"
    return .json(answer)
  }

  /// `GET /distribution/{name}/json`: manifest and platforms of an image in its registry.
  static let distribution: Endpoint = { call in
    let reference = try Reference(call.name)
    let image: RemoteImage
    do {
      image = try await call.engine.images.remoteImage(reference, credentials: RegistryAccess.credentials(call))
    } catch let error as ImageStoreError where error.code == .denied {
      throw RefusedError(.unauthorized, error.message)
    }
    return .json(describe(image))
  }

  static func describe(_ image: RemoteImage) -> DistributionInspect {
    var answer = DistributionInspect()
    answer.descriptor.mediaType = image.descriptor.mediaType
    answer.descriptor.digest = image.descriptor.digest.description
    answer.descriptor.size = image.descriptor.size
    answer.platforms = image.platforms.map { platform in
      var shown = ImagePlatform()
      shown.os = platform.os
      shown.architecture = platform.architecture
      shown.variant = platform.variant ?? ""
      shown.osVersion = platform.osVersion ?? ""
      return shown
    }
    return answer
  }
}

/// The credentials that a client sends along.
enum RegistryAccess {
  /// Those of `X-Registry-Auth`; none where the header is missing or broken, as in Docker.
  static func credentials(_ call: Call) -> RegistryCredentials {
    guard let header = call.request.headers["X-Registry-Auth"], let auth = try? AuthConfig.fromHeader(header) else {
      return RegistryCredentials()
    }
    return credentials(auth)
  }

  /// From Docker's form.
  static func credentials(_ auth: AuthConfig) -> RegistryCredentials {
    var credentials = RegistryCredentials(
      username: auth.username, password: auth.password, identityToken: auth.identityToken,
      registryToken: auth.registryToken)
    if credentials.username.isEmpty, let bytes = Base64.decode(auth.auth) {
      let parts = String(decoding: bytes, as: UTF8.self).split(
        separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 {
        credentials.username = String(parts[0])
        credentials.password = String(parts[1])
      }
    }
    return credentials
  }
}
