#include "broker/protocol/generate.h"

#include <array>
#include <limits>

namespace gregor::protocol::detail {
namespace {

/// Tags this high are no message's own.
constexpr std::uint32_t kFirstUnknownTag = 10000;

class Generator {
public:
    Generator(Layout layout, Random& random, std::size_t size)
        : layout_(layout), random_(random), size_(size) {}

    void structure(const Fields& fields, void* object) {
        for (const Field& field : fields.all()) {
            if (!field.is_in(layout_.version)) continue;
            value(field.type(), field.is_nullable_in(layout_.version), field.in(object));
        }
        if (layout_.flexible && one_in(8)) unknown_tags(*fields.unknown_tags(object));
    }

private:
    void value(const FieldType& type, bool nullable, void* to) {
        switch (type.kind) {
            case FieldKind::boolean: *static_cast<bool*>(to) = one_in(2); break;
            case FieldKind::int8: integer<std::int8_t>(to); break;
            case FieldKind::int16: integer<std::int16_t>(to); break;
            case FieldKind::uint16: integer<std::uint16_t>(to); break;
            case FieldKind::int32: integer<std::int32_t>(to); break;
            case FieldKind::uint32: integer<std::uint32_t>(to); break;
            case FieldKind::int64: integer<std::int64_t>(to); break;
            case FieldKind::float64:
                *static_cast<double*>(to) = static_cast<double>(random_.between(-1000, 1000)) / 8;
                break;
            case FieldKind::uuid:
                for (std::uint8_t& byte : static_cast<Uuid*>(to)->bytes) byte = random_byte();
                break;
            case FieldKind::string: {
                auto& text = *static_cast<std::string*>(to);
                text.resize(length());
                for (char& character : text) character = static_cast<char>(random_byte());
                break;
            }
            case FieldKind::bytes: *static_cast<Bytes*>(to) = random_bytes(); break;
            case FieldKind::records:
                if (nullable && one_in(4)) {
                    *static_cast<RecordsField*>(to) = RecordsField();
                } else {
                    *static_cast<RecordsField*>(to) = random_bytes();
                }
                break;
            case FieldKind::structure: structure(type.fields(), to); break;
            case FieldKind::array: {
                const std::size_t count = static_cast<std::size_t>(random_.below(size_ + 1));
                auto* elements = static_cast<std::byte*>(type.resize(to, count));
                for (std::size_t i = 0; i < count; ++i) {
                    value(*type.element, false, elements + i * type.element->size);
                }
                break;
            }
            case FieldKind::nullable:
                if (nullable && one_in(4)) {
                    type.resize(to, 0);
                } else {
                    value(*type.element, false, type.resize(to, 1));
                }
                break;
        }
    }

    template <class T>
    void integer(void* to) {
        static constexpr auto kEdges =
            std::to_array<T>({0, 1, static_cast<T>(-1), 127, std::numeric_limits<T>::min(),
                              std::numeric_limits<T>::max()});
        const T drawn = one_in(2) ? random_.pick(kEdges) : static_cast<T>(random_.next());
        std::memcpy(to, &drawn, sizeof drawn);
    }

    Bytes random_bytes() {
        ByteBuffer buffer;
        buffer.resize(length());
        for (std::uint8_t& byte : buffer.span()) byte = random_byte();
        return std::move(buffer).freeze();
    }

    void unknown_tags(UnknownTags& tags) {
        auto tag = static_cast<std::uint32_t>(kFirstUnknownTag + random_.below(1 << 20));
        for (std::uint64_t count = random_.below(3); count > 0; --count) {
            tags.add({tag, random_bytes()});
            tag += static_cast<std::uint32_t>(1 + random_.below(1 << 20));
        }
    }

    std::uint8_t random_byte() { return static_cast<std::uint8_t>(random_.next()); }
    std::size_t length() {
        // Around 127 the compact length grows by a byte; 600 is a piece of its own.
        const std::uint64_t bound = one_in(16) ? 600 : one_in(8) ? 130 : 8;
        return static_cast<std::size_t>(random_.below(bound));
    }
    bool one_in(std::uint64_t n) { return random_.below(n) == 0; }

    Layout layout_;
    Random& random_;
    std::size_t size_;
};

}  // namespace

void randomize(const Fields& fields, void* object, Layout layout, Random& random,
               std::size_t size) {
    Generator(layout, random, size).structure(fields, object);
}

}  // namespace gregor::protocol::detail
