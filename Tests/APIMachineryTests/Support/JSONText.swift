@testable import APIMachinery

/// The value that a JSON text holds.
func parse(_ text: String) throws -> JSONValue { try JSONValue(json: text) }

/// The schema that a CustomResourceDefinition's `openAPIV3Schema` holds.
func customSchema(_ text: String) throws -> Schema { try SchemaReader(.customResource).schema(parse(text)) }
