import ContainerEngine

// The engine and Docker's API use the same words for different types, and the engine's module cannot be named beside its
// class of that name. This file knows the engine only.

typealias EngineMount = MountRequest
typealias EngineDevice = DeviceRequest
typealias EngineRestartPolicy = RestartPolicy
