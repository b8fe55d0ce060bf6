import APIMachinery
import Testing

@Suite("YAML writer")
struct YAMLWriterTests {
  @Test("a manifest")
  func manifest() {
    let value: JSONValue = [
      "kind": "Pod", "apiVersion": "v1",
      "metadata": [
        "name": "web", "creationTimestamp": "2026-01-02T03:04:05Z",
        "annotations": ["a10": "x", "a2": "y", "B": "true"],
      ],
      "spec": [
        "containers": [
          ["name": "a", "args": ["-c", "echo hi\nexit 0\n"], "env": .array([]), "resources": .object(JSONObject())],
          ["name": "b", "ports": [["containerPort": 80]]],
        ]
      ],
      "nested": [[1, [2]], .null, .double(1.5)],
    ]
    #expect(
      value.yamlText() == """
        apiVersion: v1
        kind: Pod
        metadata:
          annotations:
            B: "true"
            a2: "y"
            a10: x
          creationTimestamp: "2026-01-02T03:04:05Z"
          name: web
        nested:
        - - 1
          - - 2
        - null
        - 1.5
        spec:
          containers:
          - args:
            - -c
            - |
              echo hi
              exit 0
            env: []
            name: a
            resources: {}
          - name: b
            ports:
            - containerPort: 80

        """)
  }

  @Test(
    "texts are quoted where they must be",
    arguments: [
      ("plain", "plain"), ("", "\"\""), ("1", "\"1\""), ("true", "\"true\""), ("null", "\"null\""), ("~", "\"~\""),
      ("1.5", "\"1.5\""), ("1:30", "\"1:30\""), ("2001-01-01", "\"2001-01-01\""), ("a: b", "'a: b'"), ("a:b", "a:b"),
      ("a #b", "'a #b'"), ("a#b", "a#b"), ("- x", "'- x'"), ("-x", "-x"), ("[a", "'[a'"), ("a,b", "a,b"),
      (" a", "' a'"), ("a ", "'a '"), ("it's", "it's"), ("'a", "'''a'"), ("a\tb", "\"a\\tb\""), ("é", "é"),
      ("😀", "\"\\U0001F600\""), ("a\nb", "|-\n  a\n  b"), ("a\n", "|\n  a"), ("a\n\n", "|+\n  a\n"),
      (" a\nb", "|2-\n   a\n  b"),
      ("a \nb", "\"a \\nb\""), ("---", "'---'"), ("\u{2028}", "\"\\L\""), ("@a", "'@a'"), ("a\\b", "a\\b"),
    ])
  func quoting(text: String, written: String) throws {
    let value: JSONValue = ["k": .string(text)]
    #expect(value.yamlText() == "k: \(written)\n")
    #expect(try JSONValue(yaml: value.yamlBytes()) == value)
  }

  @Test("long keys and keys with lines stand behind a question mark")
  func keys() throws {
    let long = String(repeating: "k", count: 129)
    let value: JSONValue = [
      "o": ["a\nb": ["x": 1, "y": [2]], "z": 1], "p": .object([long: [1, [2]]]), "q": .object([long + " " + long: "v"]),
    ]
    #expect(
      value.yamlText() == """
        o:
          ? |-
            a
            b
          : x: 1
            "y":
            - 2
          z: 1
        p:
          ? \(long)
          : - 1
            - - 2
        q:
          ? \(long)
            \(long)
          : v

        """)
    #expect(try JSONValue(yaml: value.yamlBytes()) == value)
    let longest: JSONValue = .object([String(repeating: "k", count: 5_000): 1])
    #expect(try JSONValue(yaml: longest.yamlBytes()) == longest)
  }

  @Test("long texts are folded at spaces")
  func folding() throws {
    let value: JSONValue = ["k": .string(Array(repeating: "word", count: 40).joined(separator: " "))]
    let lines = value.yamlText().split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[1].hasPrefix("  word"))
    #expect(try JSONValue(yaml: value.yamlBytes()) == value)
    for text in [
      Array(repeating: "it's: ", count: 40).joined(), Array(repeating: "tab\t here  ", count: 40).joined(),
      String(repeating: "x", count: 300),
    ] {
      let value: JSONValue = ["k": .string(text)]
      #expect(try JSONValue(yaml: value.yamlBytes()) == value)
    }
  }

  @Test("what was written is read as the same, and any text is answered")
  func fuzz() throws {
    var generator = SeededGenerator(seed: 41)
    for _ in 0..<300 {
      let value = JSONValue.object(JSONValue.randomObject(using: &generator, depth: 4))
      let bytes = value.yamlBytes()
      #expect(try JSONValue(yaml: bytes) == value)
      for _ in 0..<10 {
        let mutated = generator.mutated(bytes)
        _ = try? YAMLReader.documents(of: mutated, strict: true)
        if let read = try? JSONValue(yaml: mutated) { #expect(try JSONValue(yaml: read.yamlBytes()) == read) }
      }
    }
    for _ in 0..<2_000 {
      let text = generator.mutated(
        "a: &x [b, {c: d}]\n? |+\n e\n\n: *x\n---\n'q': \"\\u0041\" # c\n- >2-\n   x\n",
        alphabet: " \n\t:-?,[]{}#&*!|>'\"%@`<\\ab1.~")
      _ = try? YAMLReader.documents(of: Array(text.utf8))
    }
  }
}
