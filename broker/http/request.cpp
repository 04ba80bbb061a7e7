#include "broker/http/request.h"

#include <algorithm>
#include <optional>

#include "sim/base/check.h"

namespace gregor::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool is_token_char(char c) {
    const bool is_alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return is_alphanumeric || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

/// Bytes above ASCII may stand in a field's value; control characters but the tab may not.
bool is_field_char(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    return std::ranges::equal(text, lower, [](char c, char expected) {
        return (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == expected;
    });
}

/// The next line without its end, which is taken from `text`; nothing if none ends.
std::optional<std::string_view> take_line(std::string_view& text) {
    const std::size_t end = text.find(kLineEnd);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + kLineEnd.size());
    return line;
}

struct RequestLine {
    std::string_view method;
    std::string_view target;
    std::string_view version;
};

/// Three parts with one blank between them each.
std::optional<RequestLine> split(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return std::nullopt;
    return RequestLine{.method = line.substr(0, first),
                       .target = line.substr(first + 1, last - first - 1),
                       .version = line.substr(last + 1)};
}

bool is_version(std::string_view text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
           is_digit(text[7]);
}

struct Fields {
    int hosts = 0;
    bool has_body = false;
};

/// Looks at one header field; false if it is malformed.
bool take_field(std::string_view line, Fields& fields) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view name = line.substr(0, colon);
    if (!is_token(name) || !std::ranges::all_of(line.substr(colon + 1), is_field_char)) {
        return false;
    }
    if (equals_ignoring_case(name, "host")) ++fields.hosts;
    if (equals_ignoring_case(name, "content-length") ||
        equals_ignoring_case(name, "transfer-encoding")) {
        fields.has_body = true;
    }
    return true;
}

}  // namespace

std::string_view reason(Status status) {
    switch (status) {
        case Status::ok: return "OK";
        case Status::bad_request: return "Bad Request";
        case Status::not_found: return "Not Found";
        case Status::method_not_allowed: return "Method Not Allowed";
        case Status::request_timeout: return "Request Timeout";
        case Status::header_fields_too_large: return "Request Header Fields Too Large";
        case Status::version_not_supported: return "HTTP Version Not Supported";
    }
    UNREACHABLE();
}

Result<Request, Status> parse_request(std::string_view head) {
    const auto first = take_line(head);
    const auto line = first ? split(*first) : std::nullopt;
    if (!line || !is_token(line->method) || !is_version(line->version)) {
        return fail(Status::bad_request);
    }
    if (!line->version.starts_with("HTTP/1.")) return fail(Status::version_not_supported);
    if (line->method != "GET") return fail(Status::method_not_allowed);
    if (!line->target.starts_with('/') || !std::ranges::all_of(line->target, is_visible)) {
        return fail(Status::bad_request);
    }
    Fields fields;
    for (auto field = take_line(head); !field || !field->empty(); field = take_line(head)) {
        if (!field || !take_field(*field, fields)) return fail(Status::bad_request);
    }
    const bool lacks_host = fields.hosts == 0 && line->version != "HTTP/1.0";
    if (lacks_host || fields.hosts > 1 || fields.has_body || !head.empty()) {
        return fail(Status::bad_request);
    }
    return Request{.path = std::string(line->target.substr(0, line->target.find('?')))};
}

}  // namespace gregor::http
