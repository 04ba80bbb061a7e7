// The interpreter of field descriptions: equality, decode, encode and size. Printing is in
// message_json.cpp.
#include "broker/protocol/message.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

namespace gregor::protocol::detail {
namespace {

constexpr std::int64_t kMaxStringSize = 0x7fff;
/// Elements that an array may be given room for before their bytes have been seen.
constexpr std::size_t kFirstElements = 16;

template <class T>
T load(const void* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

template <class T>
const T& as(const void* value) {
    return *static_cast<const T*>(value);
}
template <class T>
T& as(void* value) {
    return *static_cast<T*>(value);
}

const std::byte* element_at(const FieldType& type, const void* elements, std::size_t i) {
    return static_cast<const std::byte*>(elements) + i * type.element->size;
}

// ---- Decode ----

class Decoder {
public:
    Decoder(Reader& reader, Layout layout) : reader_(reader), layout_(layout) {}

    void structure(const Fields& fields, void* object) {
        for (const Field& field : fields.all()) {
            if (field.is_tagged() || !field.is_in(layout_.version)) continue;
            member(field, object);
        }
        if (layout_.flexible) tags(fields, object);
    }

private:
    static constexpr std::int64_t kNull = -1;

    void member(const Field& field, void* object) {
        value(field.type(), field.is_nullable_in(layout_.version),
              layout_.flexible && !field.is_never_compact(), field.in(object));
    }

    void value(const FieldType& type, bool nullable, bool compact, void* to) {
        switch (type.kind) {
            case FieldKind::boolean: as<bool>(to) = reader_.boolean(); break;
            case FieldKind::int8: integer<std::int8_t>(to); break;
            case FieldKind::int16: integer<std::int16_t>(to); break;
            case FieldKind::uint16: integer<std::uint16_t>(to); break;
            case FieldKind::int32: integer<std::int32_t>(to); break;
            case FieldKind::uint32: integer<std::uint32_t>(to); break;
            case FieldKind::int64: integer<std::int64_t>(to); break;
            case FieldKind::float64: as<double>(to) = reader_.float64(); break;
            case FieldKind::uuid: as<Uuid>(to) = reader_.uuid(); break;
            case FieldKind::structure: structure(type.fields(), to); break;
            case FieldKind::nullable: optional(type, nullable, compact, to); break;
            case FieldKind::array:
                array(type, length_not_null(type.kind, compact), compact, to);
                break;
            case FieldKind::string: string(length_not_null(type.kind, compact), to); break;
            case FieldKind::bytes: bytes(length_not_null(type.kind, compact), to); break;
            case FieldKind::records: {
                const std::int64_t size = length(type.kind, compact);
                if (size != kNull) {
                    as<RecordsField>(to) = reader_.slice(static_cast<std::size_t>(size));
                } else if (!nullable) {
                    reader_.fail(DecodeError::null_not_allowed);
                } else {
                    as<RecordsField>(to) = RecordsField();
                }
                break;
            }
        }
    }

    void optional(const FieldType& type, bool nullable, bool compact, void* to) {
        const FieldKind kind = type.element->kind;
        const std::int64_t size = kind != FieldKind::structure ? length(kind, compact)
                                  : nullable && reader_.integer<std::int8_t>() < 0 ? kNull
                                                                                   : 0;
        if (size == kNull) {
            if (!nullable) reader_.fail(DecodeError::null_not_allowed);
            type.resize(to, 0);
            return;
        }
        void* element = type.resize(to, 1);
        switch (kind) {
            case FieldKind::structure: structure(type.element->fields(), element); break;
            case FieldKind::array: array(*type.element, size, compact, element); break;
            case FieldKind::string: string(size, element); break;
            case FieldKind::bytes: bytes(size, element); break;
            default: UNREACHABLE("a scalar has no null");
        }
    }

    /// The length before a string, bytes or an array; kNull, or a failure, if it is negative.
    std::int64_t length(FieldKind kind, bool compact) {
        std::int64_t size;
        if (compact) {
            // Kafka counts in 32 bits: what wraps below zero is null to it.
            size = static_cast<std::int32_t>(reader_.unsigned_varint() - 1U);
        } else if (kind == FieldKind::string) {
            size = reader_.integer<std::int16_t>();
        } else {
            size = reader_.integer<std::int32_t>();
        }
        if (!reader_.ok()) return 0;
        return size < 0 ? kNull : size;
    }

    std::int64_t length_not_null(FieldKind kind, bool compact) {
        const std::int64_t size = length(kind, compact);
        if (size != kNull) return size;
        reader_.fail(DecodeError::null_not_allowed);
        return 0;
    }

    template <class T>
    void integer(void* to) {
        const T value = reader_.integer<T>();
        std::memcpy(to, &value, sizeof value);
    }

    void string(std::int64_t size, void* to) {
        if (size > kMaxStringSize) return reader_.fail(DecodeError::bad_length);
        as<std::string>(to) = reader_.text(static_cast<std::size_t>(size));
    }

    void bytes(std::int64_t size, void* to) {
        as<Bytes>(to) = reader_.slice(static_cast<std::size_t>(size));
    }

    void array(const FieldType& type, std::int64_t size, bool compact, void* to) {
        const auto count = static_cast<std::size_t>(size);
        if (count > reader_.remaining()) return reader_.fail(DecodeError::too_many_elements);
        // Room is made for what the bytes left could fill if elements were as large there as here,
        // and doubles as elements are really read.
        std::size_t room = std::max(kFirstElements, reader_.remaining() / type.element->size);
        std::size_t done = 0;
        type.resize(to, 0);
        while (done < count && reader_.ok()) {
            room = std::min(std::max(room, done * 2), count);
            auto* elements = static_cast<std::byte*>(type.resize(to, room));
            for (; done < room && reader_.ok(); ++done) {
                value(*type.element, false, compact, elements + done * type.element->size);
            }
        }
    }

    void tags(const Fields& fields, void* object) {
        const std::uint32_t count = reader_.unsigned_varint();
        for (std::uint32_t i = 0; i < count && reader_.ok(); ++i) {
            const std::uint32_t tag = reader_.unsigned_varint();
            const std::uint32_t size = reader_.unsigned_varint();
            const Field* known = find_tag(fields, tag);
            if (known != nullptr) {
                if (is_null_structure(*known, size)) {
                    static_cast<void>(reader_.slice(size));
                    known->type().resize(known->in(object), 0);
                } else {
                    member(*known, object);
                }
                continue;
            }
            Bytes data = reader_.slice(size);
            if (reader_.ok()) fields.unknown_tags(object)->add({tag, std::move(data)});
        }
    }

    /// Where null is not its default a tagged structure is null by a marker alone: 0, not the -1 of
    /// other fields.
    [[nodiscard]] bool is_null_structure(const Field& field, std::uint32_t size) const {
        return size == 1 && field.type().kind == FieldKind::nullable &&
               field.type().element->kind == FieldKind::structure &&
               field.is_nullable_in(layout_.version);
    }

    [[nodiscard]] const Field* find_tag(const Fields& fields, std::uint32_t tag) const {
        for (const Field& field : fields.tagged()) {
            if (field.is_in(layout_.version) && static_cast<std::uint32_t>(field.tag()) == tag) {
                return &field;
            }
        }
        return nullptr;
    }

    Reader& reader_;
    Layout layout_;
};

// ---- Encode ----

/// Counts what a Writer would append.
class SizeCounter {
public:
    template <class T>
    void integer(T) {
        size_ += sizeof(T);
    }
    void float64(double) { size_ += 8; }
    void boolean(bool) { ++size_; }
    void uuid(const Uuid& uuid) { size_ += uuid.bytes.size(); }
    void unsigned_varint(std::uint32_t value) { size_ += unsigned_varint_size(value); }
    void bytes(ByteSpan bytes) { size_ += bytes.size(); }
    void text(std::string_view text) { size_ += text.size(); }
    void records(const RecordsField& field) { size_ += field.size(); }

    [[nodiscard]] std::size_t size() const { return size_; }

private:
    std::size_t size_ = 0;
};

class FlatWriter : public Writer {
public:
    using Writer::Writer;
    void records(const RecordsField& field) { bytes(field.bytes()); }
};

class PieceWriter : public Writer {
public:
    explicit PieceWriter(PieceBuffer& out) : Writer(out.buffer()), pieces_(out) {}
    void records(const RecordsField& field) { pieces_.add(field); }

private:
    PieceBuffer& pieces_;
};

template <class Sink>
class Encoder {
public:
    Encoder(Sink& sink, Layout layout) : sink_(sink), layout_(layout) {}

    void structure(const Fields& fields, const void* object) {
        for (const Field& field : fields.all()) {
            if (!field.is_tagged() && field.is_in(layout_.version)) member(field, object);
        }
        if (layout_.flexible) tags(fields, object);
    }

private:
    void member(const Field& field, const void* object) {
        value(field.type(), field.is_nullable_in(layout_.version),
              layout_.flexible && !field.is_never_compact(), field.in(object));
    }

    void value(const FieldType& type, bool nullable, bool compact, const void* from) {
        switch (type.kind) {
            case FieldKind::boolean: sink_.boolean(as<bool>(from)); break;
            case FieldKind::int8: sink_.integer(load<std::int8_t>(from)); break;
            case FieldKind::int16: sink_.integer(load<std::int16_t>(from)); break;
            case FieldKind::uint16: sink_.integer(load<std::uint16_t>(from)); break;
            case FieldKind::int32: sink_.integer(load<std::int32_t>(from)); break;
            case FieldKind::uint32: sink_.integer(load<std::uint32_t>(from)); break;
            case FieldKind::int64: sink_.integer(load<std::int64_t>(from)); break;
            case FieldKind::float64: sink_.float64(as<double>(from)); break;
            case FieldKind::uuid: sink_.uuid(as<Uuid>(from)); break;
            case FieldKind::structure: structure(type.fields(), from); break;
            case FieldKind::nullable: optional(type, nullable, compact, from); break;
            case FieldKind::string: {
                // Only a text made of a peer's text can be longer, and must not end the process.
                const auto text = std::string_view(as<std::string>(from)).substr(0, kMaxStringSize);
                length(type.kind, compact, text.size());
                sink_.text(text);
                break;
            }
            case FieldKind::bytes: {
                const auto& bytes = as<Bytes>(from);
                length(type.kind, compact, bytes.size());
                sink_.bytes(bytes);
                break;
            }
            case FieldKind::records: {
                const auto& field = as<RecordsField>(from);
                if (field.is_null() && nullable) {
                    null(type.kind, compact);
                } else {
                    length(type.kind, compact, field.size());
                    sink_.records(field);
                }
                break;
            }
            case FieldKind::array: {
                const std::size_t count = type.count(from);
                length(type.kind, compact, count);
                const void* elements = type.elements(from);
                for (std::size_t i = 0; i < count; ++i) {
                    value(*type.element, false, compact, element_at(type, elements, i));
                }
                break;
            }
        }
    }

    void optional(const FieldType& type, bool nullable, bool compact, const void* from) {
        const bool is_structure = type.element->kind == FieldKind::structure;
        if (type.count(from) == 1) {
            if (is_structure && nullable) sink_.integer(std::int8_t{1});
            value(*type.element, false, compact, type.elements(from));
        } else if (nullable) {
            null(type.element->kind, compact);
        } else {
            CHECK(!is_structure, "null for a struct that this version always has");
            length(type.element->kind, compact, 0);
        }
    }

    void null(FieldKind kind, bool compact) {
        if (kind == FieldKind::structure) {
            sink_.integer(std::int8_t{-1});
        } else if (compact) {
            sink_.unsigned_varint(0);
        } else if (kind == FieldKind::string) {
            sink_.integer(std::int16_t{-1});
        } else {
            sink_.integer(std::int32_t{-1});
        }
    }

    void length(FieldKind kind, bool compact, std::size_t size) {
        CHECK(size < 0x7fffffff, "a length of {}", size);
        if (compact) {
            sink_.unsigned_varint(static_cast<std::uint32_t>(size + 1));
        } else if (kind == FieldKind::string) {
            sink_.integer(static_cast<std::int16_t>(size));
        } else {
            sink_.integer(static_cast<std::int32_t>(size));
        }
    }

    [[nodiscard]] bool has_tagged(const Fields& fields, const Field& field,
                                  const void* object) const {
        return field.is_in(layout_.version) &&
               !equal_values(field.type(), field.in(object), field.in(fields.defaults()));
    }

    void tags(const Fields& fields, const void* object) {
        const std::span<const Field> tagged = fields.tagged();
        std::uint64_t present = 0;  // bit i: tagged[i] differs from its default
        for (std::size_t i = 0; i < tagged.size(); ++i) {
            if (has_tagged(fields, tagged[i], object)) present |= std::uint64_t{1} << i;
        }
        const std::vector<const UnknownTag*> unknown = in_order(fields.unknown_tags(object));
        sink_.unsigned_varint(static_cast<std::uint32_t>(unknown.size()) +
                              static_cast<std::uint32_t>(std::popcount(present)));

        auto next = unknown.begin();
        const auto unknown_below = [&](std::int64_t limit) {
            for (; next != unknown.end() && (*next)->tag < limit; ++next) {
                sink_.unsigned_varint((*next)->tag);
                sink_.unsigned_varint(static_cast<std::uint32_t>((*next)->data.size()));
                sink_.bytes((*next)->data);
            }
        };
        for (std::size_t i = 0; i < tagged.size(); ++i) {
            if ((present >> i & 1) == 0) continue;
            const Field& field = tagged[i];
            unknown_below(field.tag());
            SizeCounter counter;
            Encoder<SizeCounter>(counter, layout_).member(field, object);
            sink_.unsigned_varint(static_cast<std::uint32_t>(field.tag()));
            sink_.unsigned_varint(static_cast<std::uint32_t>(counter.size()));
            member(field, object);
        }
        unknown_below(std::int64_t{1} << 32);
    }

    /// By tag, and as read where a peer repeated one: addresses within one vector.
    [[nodiscard]] static std::vector<const UnknownTag*> in_order(const UnknownTags* unknown_tags) {
        std::vector<const UnknownTag*> unknown;
        if (unknown_tags == nullptr || unknown_tags->empty()) return unknown;
        for (const UnknownTag& tag : unknown_tags->tags()) unknown.push_back(&tag);
        std::ranges::sort(unknown, {},
                          [](const UnknownTag* tag) { return std::pair(tag->tag, tag); });
        return unknown;
    }

    template <class>
    friend class Encoder;

    Sink& sink_;
    Layout layout_;
};

}  // namespace

bool equal_values(const FieldType& type, const void* a, const void* b) {
    switch (type.kind) {
        case FieldKind::string: return as<std::string>(a) == as<std::string>(b);
        case FieldKind::bytes: return as<Bytes>(a) == as<Bytes>(b);
        case FieldKind::records: return as<RecordsField>(a) == as<RecordsField>(b);
        case FieldKind::structure: return equal(type.fields(), a, b);
        case FieldKind::array:
        case FieldKind::nullable: {
            const std::size_t count = type.count(a);
            if (count != type.count(b)) return false;
            if (count == 0) return true;
            const void* in_a = type.elements(a);
            const void* in_b = type.elements(b);
            for (std::size_t i = 0; i < count; ++i) {
                if (!equal_values(*type.element, element_at(type, in_a, i),
                                  element_at(type, in_b, i))) {
                    return false;
                }
            }
            return true;
        }
        default: return std::memcmp(a, b, type.size) == 0;
    }
}

bool equal(const Fields& fields, const void* a, const void* b) {
    for (const Field& field : fields.all()) {
        if (!equal_values(field.type(), field.in(a), field.in(b))) return false;
    }
    const UnknownTags* tags = fields.unknown_tags(a);
    return tags == nullptr || *tags == *fields.unknown_tags(b);
}

void decode(Reader& reader, const Fields& fields, void* object, Layout layout) {
    Decoder(reader, layout).structure(fields, object);
}

void encode(ByteBuffer& out, const Fields& fields, const void* object, Layout layout) {
    FlatWriter writer(out);
    Encoder<FlatWriter>(writer, layout).structure(fields, object);
}

std::size_t encoded_size(const Fields& fields, const void* object, Layout layout) {
    SizeCounter counter;
    Encoder<SizeCounter>(counter, layout).structure(fields, object);
    return counter.size();
}

void encode(PieceBuffer& out, const Fields& fields, const void* object, Layout layout) {
    PieceWriter writer(out);
    Encoder<PieceWriter>(writer, layout).structure(fields, object);
}

}  // namespace gregor::protocol::detail
