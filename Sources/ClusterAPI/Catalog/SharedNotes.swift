import APIMachinery

/// Makes the notes of nodes, those of the same words once: a few names stand at many fields.
final class SharedNotes {
  private struct Words: Hashable {
    var typeName: String?
    var embeddedIn: String?
  }

  private var made: [Words: SchemaNotes] = [:]

  /// Nil where there is nothing to note.
  func notes(typeName: Substring?, embeddedIn: String? = nil) -> SchemaNotes? {
    guard typeName != nil || embeddedIn != nil else { return nil }
    let words = Words(typeName: typeName.map(String.init), embeddedIn: embeddedIn)
    if let notes = made[words] { return notes }
    let notes = SchemaNotes(typeName: words.typeName, embeddedIn: embeddedIn)
    made[words] = notes
    return notes
  }
}
