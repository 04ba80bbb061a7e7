#include "broker/protocol/envelope.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

namespace gregor::protocol {
namespace {

constexpr std::int16_t kPrincipalVersion = 0;
constexpr std::size_t kV4Size = 4;
constexpr std::size_t kV6Groups = 8;

/// All of `text` as a number up to `most`.
std::optional<std::uint16_t> parse_number(std::string_view text, int base, unsigned most) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc() || end != text.data() + text.size() || number > most) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(number);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t at = text.find(separator); at != std::string_view::npos;
         at = text.find(separator)) {
        parts.push_back(text.substr(0, at));
        text.remove_prefix(at + 1);
    }
    parts.push_back(text);
    return parts;
}

std::optional<Bytes> parse_v4(std::string_view host) {
    const auto parts = split(host, '.');
    if (parts.size() != kV4Size) return std::nullopt;
    ByteBuffer bytes;
    for (const std::string_view part : parts) {
        const auto number = parse_number(part, 10, 255);
        if (!number) return std::nullopt;
        bytes.push_back(static_cast<std::uint8_t>(*number));
    }
    return std::move(bytes).freeze();
}

std::optional<std::vector<std::uint16_t>> parse_groups(std::string_view text) {
    std::vector<std::uint16_t> groups;
    if (text.empty()) return groups;
    for (const std::string_view part : split(text, ':')) {
        const auto number = parse_number(part, 16, 0xffff);
        if (!number) return std::nullopt;
        groups.push_back(*number);
    }
    return groups;
}

/// RFC 4291, 2.2: eight groups, or fewer around one "::".
std::optional<Bytes> parse_v6(std::string_view host) {
    const std::size_t gap = host.find("::");
    const bool has_gap = gap != std::string_view::npos;
    const auto before = parse_groups(host.substr(0, gap));
    const auto after = parse_groups(has_gap ? host.substr(gap + 2) : std::string_view());
    if (!before || !after) return std::nullopt;
    const std::size_t given = before->size() + after->size();
    if (has_gap ? given >= kV6Groups : given != kV6Groups) return std::nullopt;
    std::vector<std::uint16_t> groups = *before;
    groups.resize(kV6Groups - after->size(), 0);
    groups.insert(groups.end(), after->begin(), after->end());
    ByteBuffer bytes;
    for (const std::uint16_t group : groups) {
        bytes.push_back(static_cast<std::uint8_t>(group >> 8));
        bytes.push_back(static_cast<std::uint8_t>(group & 0xff));
    }
    return std::move(bytes).freeze();
}

/// As Java writes them.
std::optional<std::string> address_text(const Bytes& address) {
    std::string text;
    if (address.size() == kV4Size) {
        for (std::size_t i = 0; i < address.size(); ++i) {
            text += fmt::format("{}{}", i == 0 ? "" : ".", address.data()[i]);
        }
        return text;
    }
    if (address.size() != 2 * kV6Groups) return std::nullopt;
    for (std::size_t i = 0; i < address.size(); i += 2) {
        const unsigned group = (unsigned{address.data()[i]} << 8) | address.data()[i + 1];
        text += fmt::format("{}{:x}", i == 0 ? "" : ":", group);
    }
    return text;
}

Bytes encode_principal(const DefaultPrincipalData& principal) {
    ByteBuffer bytes;
    bytes.push_back(0);
    bytes.push_back(kPrincipalVersion);
    encode(principal, kPrincipalVersion, bytes);
    return std::move(bytes).freeze();
}

std::optional<DefaultPrincipalData> decode_principal(const std::optional<Bytes>& bytes) {
    if (!bytes || bytes->size() < 2) return std::nullopt;
    if (detail::load_big_endian<std::int16_t>(bytes->data()) != kPrincipalVersion) {
        return std::nullopt;
    }
    auto principal = decode<DefaultPrincipalData>(bytes->suffix(2), kPrincipalVersion);
    if (!principal) return std::nullopt;
    return *std::move(principal);
}

}  // namespace

bool is_forwardable(ApiKey key) {
    switch (key) {
        case ApiKey::create_topics:
        case ApiKey::delete_topics:
        case ApiKey::create_acls:
        case ApiKey::delete_acls:
        case ApiKey::alter_configs:
        case ApiKey::create_partitions:
        case ApiKey::create_delegation_token:
        case ApiKey::renew_delegation_token:
        case ApiKey::expire_delegation_token:
        case ApiKey::elect_leaders:
        case ApiKey::incremental_alter_configs:
        case ApiKey::alter_partition_reassignments:
        case ApiKey::list_partition_reassignments:
        case ApiKey::alter_client_quotas:
        case ApiKey::alter_user_scram_credentials:
        case ApiKey::describe_quorum:
        case ApiKey::update_features:
        case ApiKey::unregister_broker:
        case ApiKey::allocate_producer_ids:
        case ApiKey::add_raft_voter:
        case ApiKey::remove_raft_voter: return true;
        default: return false;
    }
}

EnvelopeRequest make_envelope(const ForwardedRequest& request) {
    EnvelopeRequest envelope;
    envelope.request_data = request.frame;
    envelope.request_principal = encode_principal({.type = "User", .name = "ANONYMOUS"});
    envelope.client_host_address = address_bytes(request.client_host);
    return envelope;
}

Result<OpenedEnvelope, ErrorCode> open_envelope(const EnvelopeRequest& envelope) {
    auto principal = decode_principal(envelope.request_principal);
    if (!principal) return fail(ErrorCode::principal_deserialization_failure);
    auto host = address_text(envelope.client_host_address);
    if (!host) return fail(ErrorCode::invalid_request);
    auto request = decode_request_frame(envelope.request_data);
    if (!request) return fail(ErrorCode::unsupported_version);
    const RequestHeader& header = request->header;
    if (!is_forwardable(header.request_api_key)) return fail(ErrorCode::invalid_request);
    if (!find_api(header.request_api_key)->served.contains(header.request_api_version)) {
        return fail(ErrorCode::unsupported_version);
    }
    return OpenedEnvelope{*std::move(request), *std::move(principal), *std::move(host)};
}

Result<Bytes, ErrorCode> open_response(const ForwardedRequest& request,
                                       const EnvelopeResponse& response) {
    if (response.error_code == ErrorCode::not_controller ||
        response.error_code == ErrorCode::unsupported_version) {
        return fail(response.error_code);
    }
    if (response.error_code != ErrorCode::none || !response.response_data) {
        return fail(ErrorCode::unknown_server_error);
    }
    auto frame = decode_response_frame(*response.response_data, request.key, request.version);
    if (!frame || frame->header.correlation_id != request.correlation_id) {
        return fail(ErrorCode::unknown_server_error);
    }
    return std::move(frame->body);
}

Bytes address_bytes(std::string_view host) {
    if (auto bytes = parse_v4(host)) return *std::move(bytes);
    if (auto bytes = parse_v6(host)) return *std::move(bytes);
    return Bytes::copy_of(std::array<std::uint8_t, kV4Size>{});
}

}  // namespace gregor::protocol
