import OCI
import Testing

@Suite struct PageLinkTests {
  @Test func findsTheNextPage() {
    #expect(PageLink.next("</v2/a/tags/list?n=1&last=x>; rel=\"next\"") == "/v2/a/tags/list?n=1&last=x")
    #expect(PageLink.next("<a>; rel=prev, <b>; title=\"t\"; rel=next") == "b")
    for header in ["", "<a", "<a>; rel=prev", "<a>", "rel=next"] { #expect(PageLink.next(header) == nil, "\(header)") }
  }

  @Test(
    arguments: [
      ("/v2/a/tags/list?x", "", "/v2/a/tags/list?x"), ("?last=2", "", "/v2/a/tags/list?last=2"),
      ("list?last=2", "", "/v2/a/tags/list?last=2"), ("http://h:1/v2/a/tags/list?x", "", "/v2/a/tags/list?x"),
      ("/m/v2/a/tags/list?x", "/m", "/v2/a/tags/list?x"), ("https://other/v2/a", "", nil), ("//other/v2/a", "", nil),
      ("", "", nil),
    ] as [(String, String, String?)]) func staysAtHome(target: String, prefix: String, path: String?)
  {
    #expect(PageLink.path(target, from: "/v2/a/tags/list?n=1", authority: "h:1", prefix: prefix) == path)
  }
}
