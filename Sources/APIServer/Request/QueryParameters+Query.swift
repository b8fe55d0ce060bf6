import APIMachinery
import HTTPService

extension QueryParameters {
  init(_ query: Query) {
    var values: [String: [String]] = [:]
    for item in query.items { values[item.name, default: []].append(item.value) }
    self.init(values)
  }
}
