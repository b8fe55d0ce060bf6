import APIMachinery
import Testing

@Suite("Field errors")
struct FieldErrorTests {
  private static let path = FieldPath("spec").child("containers").index(0).child("name")

  @Test func structuresAreShownInTheirOrder() {
    let error = FieldError.duplicate(FieldPath("a"), ["Name": "b", "Key": 1])
    #expect(error.description == #"a: Duplicate value: {"Key":1,"Name":"b"}"#)
    #expect(error.inOrder.description == #"a: Duplicate value: {"Name":"b","Key":1}"#)
  }

  @Test(
    "paths",
    arguments: [
      (FieldPath("a"), "a"), (FieldPath("spec", "template", "spec"), "spec.template.spec"),
      (path, "spec.containers[0].name"),
      (FieldPath("metadata").child("labels").key("app.io/x"), "metadata.labels[app.io/x]"),
      (FieldPath(), "<nil>"),
      (FieldPath("a").index(1).index(2).child("b", "c"), "a[1][2].b.c"),
      (FieldPath().child("a"), "a"),
      (FieldPath().key("k"), "[k]"),
    ])
  func paths(path: FieldPath, text: String) {
    #expect(path.description == text)
  }

  @Test(
    "messages",
    arguments: [
      (FieldError.required(path), "spec.containers[0].name: Required value"),
      (
        .required(path, "must not be empty"),
        "spec.containers[0].name: Required value: must not be empty"
      ),
      (
        .invalid(path, -1, "must be positive"),
        "spec.containers[0].name: Invalid value: -1: must be positive"
      ),
      (.invalid(path, "a\"b", "no"), "spec.containers[0].name: Invalid value: \"a\\\"b\": no"),
      (.invalid(path, .double(1.5), "no"), "spec.containers[0].name: Invalid value: 1.5: no"),
      (.invalid(path, .double(1e6), "no"), "spec.containers[0].name: Invalid value: 1e+06: no"),
      (.invalid(path, true, "no"), "spec.containers[0].name: Invalid value: true: no"),
      (
        .invalid(path, ["b": [1, "<"], "a": .null], "no"),
        #"spec.containers[0].name: Invalid value: {"a":null,"b":[1,"\u003c"]}: no"#
      ),
      (.invalid(path, .null, "no"), "spec.containers[0].name: Invalid value: null: no"),
      (.invalid(path, nil, "no"), "spec.containers[0].name: Invalid value: no"),
      (
        .typeInvalid(path, "x", "must be integer"),
        "spec.containers[0].name: Invalid value: \"x\": must be integer"
      ),
      (.notFound(path, "x"), "spec.containers[0].name: Not found: \"x\""),
      (.duplicate(path, "x"), "spec.containers[0].name: Duplicate value: \"x\""),
      (
        .duplicate(path, ["containerPort": 80]),
        "spec.containers[0].name: Duplicate value: {\"containerPort\":80}"
      ),
      (
        .notSupported(path, "X", ["TCP", "UDP"]),
        "spec.containers[0].name: Unsupported value: \"X\": supported values: \"TCP\", \"UDP\""
      ),
      (.notSupported(path, "X", []), "spec.containers[0].name: Unsupported value: \"X\""),
      (.forbidden(path, "may not change"), "spec.containers[0].name: Forbidden: may not change"),
      (
        .tooLong(path, maximumBytes: 63),
        "spec.containers[0].name: Too long: may not be more than 63 bytes"
      ),
      (
        .tooLong(path, maximumBytes: 1),
        "spec.containers[0].name: Too long: may not be more than 1 byte"
      ),
      (.tooLong(path, maximumBytes: nil), "spec.containers[0].name: Too long: value is too long"),
      (
        .tooLong(path, maximumCharacters: 2),
        "spec.containers[0].name: Too long: may not be more than 2 characters"
      ),
      (
        .tooShort(path, "x", minimumCharacters: 2),
        "spec.containers[0].name: Too short: must be at least 2 characters"
      ),
      (
        .tooMany(path, count: 3, maximum: 1),
        "spec.containers[0].name: Too many: 3: must have at most 1 item"
      ),
      (
        .tooMany(path, count: nil, maximum: nil),
        "spec.containers[0].name: Too many: has too many items"
      ),
      (
        .tooFew(path, count: 0, minimum: 2),
        "spec.containers[0].name: Too few: 0: must have at least 2 items"
      ),
      (.internal(path, "boom"), "spec.containers[0].name: Internal error: boom"),
    ])
  func messages(error: FieldError, message: String) {
    #expect(error.description == message)
    #expect(error.body == String(message.dropFirst("spec.containers[0].name: ".count)))
  }

  @Test("several stand in brackets, each once")
  func aggregate() {
    #expect([FieldError]().aggregateMessage == nil)
    #expect([FieldError.required(FieldPath("a"))].aggregateMessage == "a: Required value")
    #expect(
      [FieldError.required(FieldPath("a")), .required(FieldPath("b")), .required(FieldPath("a"))]
        .aggregateMessage
        == "[a: Required value, b: Required value]")
    #expect(
      [FieldError.required(FieldPath("a")), .required(FieldPath("a"))].aggregateMessage
        == "a: Required value")
  }

  @Test(
    "Go's quotation marks",
    arguments: [
      ("", #""""#), ("a\"\\b", #""a\"\\b""#),
      ("\u{7}\u{8}\u{C}\n\r\t\u{B}\u{0}\u{7F}", #""\a\b\f\n\r\t\v\x00\x7f""#),
      ("é€😀", #""é€😀""#),
      ("\u{A0}\u{AD}\u{200B}\u{2028}\u{E000}", #""\u00a0\u00ad\u200b\u2028\ue000""#),
      ("\u{10FFFF}", #""\U0010ffff""#),
    ])
  func quoting(text: String, quoted: String) {
    #expect(text.goQuoted == quoted)
  }

  @Test(
    "Go's numbers",
    arguments: [
      (1.0, "1"), (100_000, "100000"), (1_000_000, "1e+06"), (123_456_789, "1.23456789e+08"),
      (0.0001, "0.0001"),
      (0.00001, "1e-05"), (1.25e-7, "1.25e-07"), (-1.5, "-1.5"), (1e21, "1e+21"), (1e100, "1e+100"),
      (.infinity, "+Inf"),
      (-.infinity, "-Inf"), (.nan, "NaN"), (0, "0"),
    ] as [(Double, String)])
  func numbers(number: Double, text: String) {
    #expect(number.goDescription == text)
  }
}
