/// Makes names for containers that got none: an adjective and a person's or bird's name, in docker's manner.
enum NameGenerator {
  private static let adjectives = [
    "agile", "amber", "bold", "brave", "bright", "brisk", "calm", "clever", "cosmic", "crisp", "daring", "deft",
    "eager",
    "early", "elegant", "fair", "fancy", "fast", "fearless", "fleet", "fluent", "fresh", "friendly", "gallant",
    "gentle",
    "gifted", "glad", "golden", "graceful", "happy", "hardy", "honest", "humble", "jolly", "keen", "kind", "lively",
    "loyal", "lucid", "lucky", "mellow", "merry", "modest", "nimble", "noble", "patient", "placid", "polite", "proud",
    "quick", "quiet", "rapid", "ready", "rustic", "serene", "sharp", "silent", "sleek", "smart", "snappy", "solid",
    "steady", "sturdy", "sunny", "swift", "tender", "tidy", "tranquil", "trusty", "vivid", "warm", "witty", "zesty",
  ]
  private static let nouns = [
    "avocet", "babbage", "bittern", "bohr", "bunting", "crake", "curie", "curlew", "darwin", "dijkstra", "dipper",
    "dunlin", "engelbart", "euler", "falcon", "fermat", "finch", "gannet", "gauss", "godwit", "goldberg", "goshawk",
    "hamilton", "harrier", "heron", "hobby", "hopper", "jackdaw", "johnson", "kestrel", "kingfisher", "kite", "knuth",
    "lamarr", "lapwing", "lark", "leibniz", "linnet", "lovelace", "martin", "meitner", "merlin", "mirzakhani", "moore",
    "nightingale", "noether", "oriole", "osprey", "ouzel", "perlman", "petrel", "pipit", "plover", "puffin", "raven",
    "redwing", "ritchie", "robin", "sanderling", "shannon", "shrike", "siskin", "skylark", "starling", "swallow",
    "tanager", "tern", "thompson", "thrush", "torvalds", "turing", "wagtail", "warbler", "wren", "wright",
  ]

  /// A name; `attempt` grows when the ones before were taken, and then a digit is appended.
  static func name(attempt: Int) -> String {
    let adjective = adjectives[Int.random(in: 0..<adjectives.count)]
    let noun = nouns[Int.random(in: 0..<nouns.count)]
    return attempt < 6 ? "\(adjective)_\(noun)" : "\(adjective)_\(noun)\(Int.random(in: 0..<10 * attempt))"
  }
}
