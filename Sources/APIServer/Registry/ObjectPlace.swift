import APIMachinery

/// Whether an object stands where the path of the request says.
enum ObjectPlace {
  /// - Throws: 400 for another name or namespace than the request's, and for none.
  static func check(_ object: JSONObject, _ target: ServedResource, _ info: RequestInfo) throws(StatusError) {
    // A namespace and its parts have their own name for one in the path.
    try checkNamespace(object, target.resource.isNamespaced ? info.namespace : "")
    let name = object.objectName
    if name.isEmpty {
      throw .badRequest("the name of the object (\(info.name) based on URL) was undeterminable: name must be provided")
    }
    guard name == info.name else {
      throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(info.name))")
    }
  }

  /// What an object of the whole cluster says of a namespace is passed over.
  /// - Throws: 400 for another namespace than the request's.
  static func checkNamespace(_ object: JSONObject, _ namespace: String) throws(StatusError) {
    let said = object.objectNamespace
    guard !namespace.isEmpty, !said.isEmpty, said != namespace else { return }
    throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
  }
}
