import ClusterAPIData

/// The texts that describe the built-in kinds, as they are part of the binary.
public enum KindDataTexts {
  /// The files' names, in the order in which discovery lists groups.
  public static var names: [String] {
    (0..<cluster_api_data_count()).map { String(cString: cluster_api_data_name($0)) }
  }

  /// Reads all of them.
  ///
  /// - Throws: ``KindDataError`` where a text has a mistake.
  public static func read() throws(KindDataError) -> [KindData] {
    var result: [KindData] = []
    for index in 0..<cluster_api_data_count() {
      let text = String(cString: cluster_api_data_text(index))
      result.append(try KindDataReader.read(text, file: String(cString: cluster_api_data_name(index))))
    }
    return result
  }
}
