// Heads of requests, as clients send them and as nobody should.
#include "broker/http/request.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::http;

namespace {

/// The path, or the status of the refusal.
std::string outcome(std::string_view head) {
    const auto request = parse_request(head);
    return request ? request->path : std::string(reason(request.error()));
}

}  // namespace

TEST_CASE("what Prometheus and curl send is understood, and the query is no part of the path") {
    REQUIRE(outcome("GET /metrics HTTP/1.1\r\nHost: n1:9404\r\nUser-Agent: Prometheus/2.42.0\r\n"
                    "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n"
                    "Accept-Encoding: gzip\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n") ==
            "/metrics");
    REQUIRE(outcome("GET /metrics?a=b&c=%20d HTTP/1.1\r\nhost: n1\r\n\r\n") == "/metrics");
    REQUIRE(outcome("GET / HTTP/1.0\r\n\r\n") == "/");
    REQUIRE(outcome("GET /m HTTP/1.1\r\nHost:\r\nX-Name: Gr\xc3\xbc\xc3\x9f"
                    "e\t!\r\n\r\n") == "/m");
}

TEST_CASE("other methods are not allowed, other versions not supported") {
    for (const std::string method : {"POST", "HEAD", "PUT", "OPTIONS", "get", "G"}) {
        REQUIRE(outcome(method + " /metrics HTTP/1.1\r\nHost: a\r\n\r\n") == "Method Not Allowed");
    }
    REQUIRE(outcome("GET /metrics HTTP/2.0\r\nHost: a\r\n\r\n") == "HTTP Version Not Supported");
    REQUIRE(outcome("PRI * HTTP/2.0\r\n\r\n") == "HTTP Version Not Supported");
}

TEST_CASE("whatever is not as the grammar says is a bad request") {
    for (const std::string_view head : {
             "",
             "\r\n\r\n",
             "GET\r\n\r\n",
             "GET /metrics\r\n\r\n",
             "GET  /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET metrics HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET http://a/metrics HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /metrics HTTP/1.10\r\nHost: a\r\n\r\n",
             "GET /metrics http/1.1\r\nHost: a\r\n\r\n",
             "GET /metrics HTTP/1.1\nHost: a\n\n",
             "GET /metrics HTTP/1.1\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost : a\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost: a\r\n: nameless\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost: a\x7f\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
             "GET /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost: a\r\n",
         }) {
        INFO(head);
        REQUIRE(outcome(head) == "Bad Request");
    }
}
