#include "broker/protocol/error_code.h"

#include <algorithm>
#include <array>

namespace gregor::protocol {
namespace {

/// "not_coordinator" in upper case, at compile time.
template <std::size_t kSize>
struct UpperCase {
    consteval UpperCase(const char (&name)[kSize]) {  // NOLINT: read like the literal it copies
        for (std::size_t i = 0; i < kSize; ++i) {
            text[i] = name[i] >= 'a' && name[i] <= 'z' ? static_cast<char>(name[i] - 32) : name[i];
        }
    }
    char text[kSize]{};
};

template <UpperCase kName>
constexpr std::string_view upper_case() {
    return {kName.text, sizeof(kName.text) - 1};
}

constexpr auto kTable = std::to_array<ErrorCodeInfo>({
#define GREGOR_ERROR_CODE(name, code, retriable) {ErrorCode::name, upper_case<#name>(), retriable},
#include "broker/protocol/error_codes.def"
#undef GREGOR_ERROR_CODE
});

const ErrorCodeInfo* find(ErrorCode code) {
    const auto at = std::ranges::lower_bound(kTable, code, {}, &ErrorCodeInfo::code);
    return at != kTable.end() && at->code == code ? &*at : nullptr;
}

}  // namespace

std::span<const ErrorCodeInfo> error_codes() { return kTable; }

std::string_view name(ErrorCode code) {
    const ErrorCodeInfo* info = find(code);
    return info == nullptr ? "UNKNOWN_SERVER_ERROR" : info->name;
}

bool is_retriable(ErrorCode code) {
    const ErrorCodeInfo* info = find(code);
    return info != nullptr && info->retriable;
}

}  // namespace gregor::protocol
