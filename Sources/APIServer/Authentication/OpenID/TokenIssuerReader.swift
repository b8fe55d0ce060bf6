import APIMachinery
import FoundationEssentials
import PKI

/// Reads an entry of `jwt` of an AuthenticationConfiguration, and says all that is wrong with it in kube-apiserver's words.
struct TokenIssuerReader {
  private let entry: JSONValue
  private let path: FieldPath
  private let disallowed: [String]
  private(set) var errors: [FieldError] = []
  /// Claims that expressions read which must not be believed unless the issuer has verified them.
  private var readsMail = false
  private var readsMailVerified = false

  init(_ entry: JSONValue, _ path: FieldPath, disallowed: [String]) {
    self.entry = entry
    self.path = path
    self.disallowed = disallowed
  }

  /// What the entry says; of no use where there are errors.
  mutating func read() -> OpenIDConfiguration {
    let issuer = entry["issuer"]
    let path = path.child("issuer")
    let url = Self.text(issuer, "url")
    let discoveryURL = Self.text(issuer, "discoveryURL")
    if url.isEmpty { errors.append(.required(path.child("url"))) } else { check(url, path.child("url"), disallowed) }
    if !discoveryURL.isEmpty {
      func trimmed(_ url: String) -> Substring { url[...].trimmingSuffix { $0 == "/" } }
      if trimmed(url) == trimmed(discoveryURL) {
        errors.append(
          .invalid(path.child("discoveryURL"), .string(discoveryURL), "discoveryURL must be different from URL"))
      }
      check(discoveryURL, path.child("discoveryURL"), [])
    }
    let audiences = (issuer?["audiences"]?.arrayValue ?? []).map { $0.stringValue ?? "" }
    check(audiences, Self.text(issuer, "audienceMatchPolicy"), path)
    let authorities = Self.text(issuer, "certificateAuthority")
    if !authorities.isEmpty {
      do { _ = try TrustBundle(pem: authorities) } catch {
        errors.append(.invalid(path.child("certificateAuthority"), "<omitted>", error.message))
      }
    }
    let egress = Self.text(issuer, "egressSelectorType")
    if !egress.isEmpty {
      errors.append(
        .invalid(
          path.child("egressSelectorType"), .string(egress),
          "egress selector is not supported: this server reaches issuers directly"))
    }
    let rules = claimRules()
    let mappings = mappings()
    return OpenIDConfiguration(
      issuer: url, discoveryURL: discoveryURL.isEmpty ? nil : discoveryURL,
      authorities: authorities.isEmpty ? nil : authorities, audiences: audiences,
      algorithms: TokenAlgorithm.allCases, mappings: mappings,
      rules: ClaimRules(required: rules.required, claims: rules.claims, users: userRules()))
  }

  private static func text(_ value: JSONValue?, _ member: String) -> String { value?[member]?.stringValue ?? "" }

  // MARK: The issuer

  private mutating func check(_ url: String, _ path: FieldPath, _ disallowed: [String]) {
    func invalid(_ detail: String) { errors.append(.invalid(path, .string(url), detail)) }
    if disallowed.contains(url) {
      invalid("URL must not overlap with disallowed issuers: [\(disallowed.sorted().joined(separator: " "))]")
    }
    guard let parsed = URL(string: url) else { return invalid("parse \(url.goQuoted): it is no URL") }
    if parsed.scheme?.lowercased() != "https" { invalid("URL scheme must be https") }
    if parsed.user != nil || parsed.password != nil { invalid("URL must not contain a username or password") }
    if parsed.query?.isEmpty == false { invalid("URL must not contain a query") }
    if parsed.fragment?.isEmpty == false { invalid("URL must not contain a fragment") }
  }

  private mutating func check(_ audiences: [String], _ policy: String, _ path: FieldPath) {
    let field = path.child("audiences")
    guard !audiences.isEmpty else {
      return errors.append(.required(field, "at least one \(field) is required"))
    }
    var seen: Set<String> = []
    for (index, audience) in audiences.enumerated() {
      if audience.isEmpty { errors.append(.required(field.index(index))) }
      if !seen.insert(audience).inserted { errors.append(.duplicate(field.index(index), .string(audience))) }
    }
    guard policy != "MatchAny", audiences.count > 1 || !policy.isEmpty else { return }
    errors.append(
      .invalid(
        path.child("audienceMatchPolicy"), .string(policy),
        audiences.count > 1
          ? "audienceMatchPolicy must be MatchAny for multiple audiences"
          : "audienceMatchPolicy must be empty or MatchAny for single audience"))
  }

  // MARK: Rules

  private mutating func claimRules() -> (required: [String: String], claims: [ClaimRules.Rule]) {
    var required: [String: String] = [:]
    var rules: [ClaimRules.Rule] = []
    var seen: Set<String> = []
    for (index, item) in (entry["claimValidationRules"]?.arrayValue ?? []).enumerated() {
      let path = path.child("claimValidationRules").index(index)
      let (claim, text) = (Self.text(item, "claim"), Self.text(item, "expression"))
      let (value, message) = (Self.text(item, "requiredValue"), Self.text(item, "message"))
      switch (claim.isEmpty, text.isEmpty) {
      case (false, false):
        errors.append(.invalid(path, .string(claim), "claim and expression can't both be set"))
      case (true, true): errors.append(.required(path, "claim or expression is required"))
      case (false, true):
        if !message.isEmpty {
          errors.append(.invalid(path.child("message"), .string(message), "may not be specified when claim is set"))
        }
        if required.updateValue(value, forKey: claim) != nil {
          errors.append(.duplicate(path.child("claim"), .string(claim)))
        }
      case (true, false):
        if !value.isEmpty {
          errors.append(
            .invalid(path.child("requiredValue"), .string(value), "may not be specified when expression is set"))
        }
        guard seen.insert(text).inserted else {
          errors.append(.duplicate(path.child("expression"), .string(text)))
          continue
        }
        guard let expression = compile(text, .claims, .bool, path.child("expression")) else { continue }
        rules.append(.init(expression: expression, message: message))
      }
    }
    return (required, rules)
  }

  private mutating func userRules() -> [ClaimRules.Rule] {
    var rules: [ClaimRules.Rule] = []
    var seen: Set<String> = []
    for (index, item) in (entry["userValidationRules"]?.arrayValue ?? []).enumerated() {
      let path = path.child("userValidationRules").index(index).child("expression")
      let text = Self.text(item, "expression")
      guard !text.isEmpty else {
        errors.append(.required(path))
        continue
      }
      guard seen.insert(text).inserted else {
        errors.append(.duplicate(path, .string(text)))
        continue
      }
      guard let expression = compile(text, .user, .bool, path) else { continue }
      rules.append(.init(expression: expression, message: Self.text(item, "message")))
    }
    return rules
  }

  private mutating func compile(
    _ text: String, _ variable: AuthenticationExpression.Variable, _ type: CELType?, _ path: FieldPath
  ) -> AuthenticationExpression? {
    do throws(AuthenticationExpression.Problem) {
      let expression = try AuthenticationExpression(text, variable, type)
      if variable == .claims, expression.selects("email_verified") { readsMailVerified = true }
      return expression
    } catch {
      errors.append(.invalid(path, .string(text), error.message))
      return nil
    }
  }

  // MARK: Mappings

  private mutating func mappings() -> ClaimMappings {
    let mappings = entry["claimMappings"]
    let path = path.child("claimMappings")
    let username = prefixed(mappings?["username"], path.child("username"), isRequired: true)
    if case .expression(let expression)? = username, expression.selects("email") { readsMail = true }
    // Who reads groups does not see to it that an address is verified.
    let beforeGroups = readsMailVerified
    let groups = prefixed(mappings?["groups"], path.child("groups"), isRequired: false)
    let uid = uid(mappings?["uid"], path.child("uid"))
    readsMailVerified = beforeGroups
    let extra = extra(mappings?["extra"]?.arrayValue ?? [], path.child("extra"))
    if readsMail, !readsMailVerified {
      errors.append(
        .invalid(
          path.child("username").child("expression"), .string(Self.text(mappings?["username"], "expression")),
          "claims.email_verified must be used in claimMappings.username.expression or "
            + "claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used "
            + "in claimMappings.username.expression"))
    }
    return ClaimMappings(
      username: username ?? .claim("", prefix: ""), groups: groups, uid: uid, extra: extra)
  }

  private mutating func prefixed(
    _ value: JSONValue?, _ path: FieldPath, isRequired: Bool
  ) -> ClaimMappings.Source? {
    let (claim, text) = (Self.text(value, "claim"), Self.text(value, "expression"))
    switch (claim.isEmpty, text.isEmpty) {
    case (false, false):
      errors.append(.invalid(path, "", "claim and expression can't both be set"))
      return nil
    case (true, true):
      if isRequired { errors.append(.required(path, "claim or expression is required")) }
      return nil
    case (true, false):
      if let prefix = value?["prefix"] {
        errors.append(.invalid(path.child("prefix"), prefix, "may not be specified when expression is set"))
      }
      return compile(text, .claims, nil, path.child("expression")).map { .expression($0) }
    case (false, true):
      guard let prefix = value?["prefix"]?.stringValue else {
        errors.append(
          .required(
            path.child("prefix"),
            "prefix is required when claim is set. It can be set to an empty string to disable prefixing"))
        return nil
      }
      return .claim(claim, prefix: prefix)
    }
  }

  private mutating func uid(_ value: JSONValue?, _ path: FieldPath) -> ClaimMappings.Source? {
    let (claim, text) = (Self.text(value, "claim"), Self.text(value, "expression"))
    guard claim.isEmpty || text.isEmpty else {
      errors.append(.invalid(path, "", "claim and expression can't both be set"))
      return nil
    }
    if !claim.isEmpty { return .claim(claim, prefix: "") }
    return text.isEmpty ? nil : compile(text, .claims, nil, path.child("expression")).map { .expression($0) }
  }

  private mutating func extra(
    _ items: [JSONValue], _ path: FieldPath
  ) -> [(key: String, value: AuthenticationExpression)] {
    var extra: [(key: String, value: AuthenticationExpression)] = []
    var seen: Set<String> = []
    for (index, item) in items.enumerated() {
      let path = path.index(index)
      let (key, text) = (Self.text(item, "key"), Self.text(item, "valueExpression"))
      checkKey(key, path.child("key"))
      guard seen.insert(key).inserted else {
        errors.append(.duplicate(path.child("key"), .string(key)))
        continue
      }
      guard !text.isEmpty else {
        errors.append(.required(path.child("valueExpression")))
        continue
      }
      if let value = compile(text, .claims, nil, path.child("valueExpression")) { extra.append((key, value)) }
    }
    return extra
  }

  private mutating func checkKey(_ key: String, _ path: FieldPath) {
    errors += DomainPrefixedPath.errors(of: key, path)
    if key != key.lowercased() { errors.append(.invalid(path, .string(key), "must be lowercase")) }
    let domain = key.contains("/") ? String(key.prefix { $0 != "/" }) : ""
    if ["kubernetes.io", "k8s.io"].contains(where: { domain == $0 || domain.hasSuffix("." + $0) }) {
      errors.append(
        .invalid(
          path, .string(key), "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use"))
    }
  }
}

extension Substring {
  fileprivate func trimmingSuffix(_ isTrimmed: (Character) -> Bool) -> Substring {
    var rest = self
    while let last = rest.last, isTrimmed(last) { rest.removeLast() }
    return rest
  }
}
