// Prints a message as JSON by its field description, with the conventions of Kafka's own
// converters, so that a dump of ours and one of Kafka's can be compared.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "broker/protocol/message.h"

namespace gregor::protocol::detail {
namespace {

/// "log_start_offset" as "logStartOffset".
void append_camel_case(std::string& out, std::string_view snake_case) {
    bool upper = false;
    for (const char character : snake_case) {
        if (character == '_') {
            upper = true;
        } else {
            out.push_back(upper && character >= 'a' && character <= 'z'
                              ? static_cast<char>(character - 32)
                              : character);
            upper = false;
        }
    }
}

void append_base64(std::string& out, ByteSpan bytes) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j) bits = bits << 8 | (j < count ? bytes[i + j] : 0U);
        for (std::size_t j = 0; j < 4; ++j) {
            out.push_back(j <= count ? kAlphabet[bits >> (18 - 6 * j) & 63] : '=');
        }
    }
}

/// The size of the UTF-8 character at the front of `text`, or the negated size of the ill-formed
/// part that one U+FFFD stands for (Unicode 3.9, best practice; what Java does).
int utf8_size(std::string_view text) {
    const auto byte = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    const int size = lead >= 0xc2 && lead <= 0xdf   ? 2
                     : (lead & 0xf0) == 0xe0        ? 3
                     : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                    : 0;
    if (size == 0) return -1;
    const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high) return -1;
    for (int i = 2; i < size; ++i) {
        if ((byte(static_cast<std::size_t>(i)) & 0xc0) != 0x80) return -i;
    }
    return size;
}

void append_string(std::string& out, std::string_view text) {
    out.push_back('"');
    while (!text.empty()) {
        const int size = utf8_size(text);
        const std::string_view character = text.substr(0, static_cast<std::size_t>(std::abs(size)));
        text.remove_prefix(character.size());
        if (size < 0) {
            out += "\xef\xbf\xbd";
        } else if (character == "\"" || character == "\\") {
            out.push_back('\\');
            out += character;
        } else if (size == 1 && static_cast<unsigned char>(character[0]) < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", character[0]);
        } else {
            out += character;
        }
    }
    out.push_back('"');
}

template <class T>
void append_integer(std::string& out, const void* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    fmt::format_to(std::back_inserter(out), "{}", value);
}

void append_double(std::string& out, double value) {
    if (std::isfinite(value)) {
        fmt::format_to(std::back_inserter(out), "{}", value);
    } else {
        fmt::format_to(std::back_inserter(out), "\"{}\"",
                       std::isnan(value) ? "NaN"
                       : value > 0       ? "Infinity"
                                         : "-Infinity");
    }
}

class Printer {
public:
    Printer(std::string& out, Layout layout) : out_(out), layout_(layout) {}

    void structure(const Fields& fields, const void* object) {
        out_.push_back('{');
        std::string_view separator;
        for (const Field& field : fields.all()) {
            if (!field.is_in(layout_.version) || is_default_tag(fields, field, object)) continue;
            out_ += separator;
            separator = ",";
            member(field, field.in(object));
        }
        out_.push_back('}');
    }

private:
    [[nodiscard]] static bool is_default_tag(const Fields& fields, const Field& field,
                                             const void* object) {
        return field.is_tagged() &&
               equal_values(field.type(), field.in(object), field.in(fields.defaults()));
    }

    void member(const Field& field, const void* from) {
        out_.push_back('"');
        append_camel_case(out_, field.name());
        if (field.type().kind == FieldKind::records) {
            const auto& records = *static_cast<const RecordsField*>(from);
            if (records.is_null()) {
                out_ += "\":null";
            } else {
                fmt::format_to(std::back_inserter(out_), "SizeInBytes\":{}", records.size());
            }
            return;
        }
        out_ += "\":";
        value(field.type(), from);
    }

    void value(const FieldType& type, const void* from) {
        switch (type.kind) {
            case FieldKind::boolean:
                out_ += *static_cast<const bool*>(from) ? "true" : "false";
                break;
            case FieldKind::int8: append_integer<std::int8_t>(out_, from); break;
            case FieldKind::int16: append_integer<std::int16_t>(out_, from); break;
            case FieldKind::uint16: append_integer<std::uint16_t>(out_, from); break;
            case FieldKind::int32: append_integer<std::int32_t>(out_, from); break;
            case FieldKind::uint32: append_integer<std::uint32_t>(out_, from); break;
            case FieldKind::int64: append_integer<std::int64_t>(out_, from); break;
            case FieldKind::float64: append_double(out_, *static_cast<const double*>(from)); break;
            case FieldKind::uuid:
                out_.push_back('"');
                out_ += to_string(*static_cast<const Uuid*>(from));
                out_.push_back('"');
                break;
            case FieldKind::string:
                append_string(out_, *static_cast<const std::string*>(from));
                break;
            case FieldKind::bytes:
                out_.push_back('"');
                append_base64(out_, *static_cast<const Bytes*>(from));
                out_.push_back('"');
                break;
            case FieldKind::records: UNREACHABLE("records are printed as a member");
            case FieldKind::structure: structure(type.fields(), from); break;
            case FieldKind::nullable:
                if (type.count(from) == 0) {
                    out_ += "null";
                } else {
                    value(*type.element, type.elements(from));
                }
                break;
            case FieldKind::array: array(type, from); break;
        }
    }

    void array(const FieldType& type, const void* from) {
        const auto* element = static_cast<const std::byte*>(type.elements(from));
        out_.push_back('[');
        for (std::size_t i = 0; i < type.count(from); ++i) {
            if (i > 0) out_.push_back(',');
            value(*type.element, element + i * type.element->size);
        }
        out_.push_back(']');
    }

    std::string& out_;
    Layout layout_;
};

}  // namespace

std::string to_json_text(const Fields& fields, const void* object, Layout layout) {
    std::string out;
    Printer(out, layout).structure(fields, object);
    return out;
}

}  // namespace gregor::protocol::detail
