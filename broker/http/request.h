// The head of an HTTP/1.x request, read strictly (RFC 9112): what is not exactly as the grammar
// says is refused, since whoever sends it is either broken or means harm.
//
//     GET /metrics?name=x HTTP/1.1 \r\n Host: n1:9404 \r\n … \r\n \r\n
//         ^-path--^
//
// Only GET is understood, and no GET brings a body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/base/result.h"

namespace gregor::http {

/// RFC 9110's numbers.
enum class Status : std::uint16_t {
    ok = 200,
    bad_request = 400,
    not_found = 404,
    method_not_allowed = 405,
    request_timeout = 408,
    header_fields_too_large = 431,
    version_not_supported = 505,
};

/// "Not Found"
[[nodiscard]] std::string_view reason(Status status);

struct Request {
    /// Of the target, without its query; begins with '/'. Not decoded.
    std::string path;
};

/// `head` ends with the empty line. Errors: bad_request, method_not_allowed, version_not_supported.
[[nodiscard]] Result<Request, Status> parse_request(std::string_view head);

}  // namespace gregor::http
