// Messages are plain structs. Each says once, in `fields()`, what it is made of: a name, a member
// and the versions that carry it. From that one description come decode, encode, size, print,
// equality and random values (generate.h); there is no code per message.
//
//     struct ControlledShutdownRequest {
//         static constexpr MessageInfo kMessage{...};   // top-level messages only NodeId
//         broker_id{-1};                         // the initial value is Kafka's default
//         UnknownTags unknown_tags;                     // last, in every struct with flexible
//         versions static const Fields& fields();                // in the .cpp, versions beside
//         each field
//     };
//
// The descriptions are data, walked by one interpreter (message.cpp), not templates stamped out for
// 600 structs: headers stay light, the build stays quick, and the code that reads hostile bytes is
// one screenful. A Produce request of one partition decodes in well under a microsecond.
//
// What decoding promises: any bytes give a value or a DecodeError; a length is believed only as far
// as the bytes that are left could hold it; bytes and records are slices of the frame, without a
// copy, which keep the whole frame alive (copy what is stored for long). Strings are std::string,
// not views into the frame: messages outlive frames, wait in queues and cross fibers, and topic
// names mostly fit into the string itself. Like Kafka, a decoder does not mind bytes after the
// message, and believes a tag it knows whatever size is given for it.
//
// What encoding promises: a field that a version does not have is left out, and null is written as
// empty where a version has no null. Tagged fields with their default value are left out.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "broker/protocol/ids.h"
#include "broker/protocol/wire.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::protocol {

/// Both ends inclusive; empty if max < min.
struct VersionRange {
    static constexpr std::int16_t kOpen = 0x7fff;

    std::int16_t min = 0;
    std::int16_t max = kOpen;

    [[nodiscard]] constexpr bool contains(std::int16_t version) const {
        return min <= version && version <= max;
    }
    friend constexpr bool operator==(VersionRange, VersionRange) = default;
};

inline constexpr VersionRange kNoVersions{0, -1};

enum class MessageKind : std::uint8_t {
    request,
    response,
    header,
    data,               // embedded in other messages or in control records
    metadata_record,    // in __cluster_metadata, framed by metadata_frame.h
    coordinator_key,    // in __consumer_offsets and __transaction_state, after a 2-byte type
    coordinator_value,  // there too, after a 2-byte version
};

struct MessageInfo {
    /// Kafka's name of the schema: "FetchRequest".
    std::string_view name;
    MessageKind kind;
    /// The API key of a request or response, the record id of a metadata record, else -1.
    std::int16_t id = -1;
    /// The versions that this code can read and write; what a broker serves is in api_key.h.
    VersionRange versions;
    /// First version with compact lengths and tagged fields; kOpen if there is none.
    std::int16_t first_flexible = VersionRange::kOpen;

    [[nodiscard]] constexpr bool is_flexible(std::int16_t version) const {
        return version >= first_flexible;
    }
};

/// The value of a `records` field: null, bytes at hand, or a gap: so many bytes that the sender
/// fills in from elsewhere, such as a file slice behind a Fetch response (see PieceBuffer).
class RecordsField {
public:
    RecordsField() = default;
    RecordsField(Bytes bytes)  // NOLINT: bytes are a value of the field
        : state_(State::bytes), size_(bytes.size()), bytes_(std::move(bytes)) {}
    [[nodiscard]] static RecordsField gap(std::size_t size) {
        RecordsField field;
        field.state_ = State::gap;
        field.size_ = size;
        return field;
    }

    [[nodiscard]] bool is_null() const { return state_ == State::null; }
    [[nodiscard]] bool is_gap() const { return state_ == State::gap; }
    /// Bytes of the records; 0 for null.
    [[nodiscard]] std::size_t size() const { return size_; }
    /// The records; empty for null. Not of a gap.
    [[nodiscard]] const Bytes& bytes() const {
        CHECK(!is_gap(), "the bytes of a gap are elsewhere");
        return bytes_;
    }

    friend bool operator==(const RecordsField&, const RecordsField&) = default;

private:
    enum class State : std::uint8_t { null, bytes, gap };

    State state_ = State::null;
    std::size_t size_ = 0;
    Bytes bytes_;
};

struct UnknownTag {
    std::uint32_t tag;
    Bytes data;

    friend bool operator==(const UnknownTag&, const UnknownTag&) = default;
};

/// Tagged fields that this code does not know: kept in the order read, written back in tag order.
/// One pointer when empty, as it nearly always is.
class UnknownTags {
public:
    UnknownTags() = default;
    UnknownTags(const UnknownTags& other);
    UnknownTags(UnknownTags&&) noexcept = default;
    UnknownTags& operator=(UnknownTags other) noexcept {
        tags_.swap(other.tags_);
        return *this;
    }
    ~UnknownTags() = default;

    [[nodiscard]] bool empty() const { return tags_ == nullptr; }
    [[nodiscard]] std::span<const UnknownTag> tags() const {
        return empty() ? std::span<const UnknownTag>{} : std::span<const UnknownTag>(*tags_);
    }
    void add(UnknownTag tag);

    friend bool operator==(const UnknownTags& a, const UnknownTags& b);

private:
    std::unique_ptr<std::vector<UnknownTag>> tags_;
};

class Fields;

/// A struct with a description.
template <class T>
concept Described = requires {
    { T::fields() } -> std::same_as<const Fields&>;
};

/// A described struct that stands alone.
template <class T>
concept Message = Described<T> && requires { T::kMessage.versions; };

// ---- The description of types and fields ----

enum class FieldKind : std::uint8_t {
    boolean,
    int8,
    int16,
    uint16,
    int32,
    uint32,
    int64,
    float64,
    uuid,
    string,
    bytes,
    records,
    structure,
    array,     // std::vector
    nullable,  // std::optional
};

/// How to handle one C++ type of field without knowing it: a vtable, made at compile time.
struct FieldType {
    FieldKind kind;
    std::size_t size;                     // sizeof, the stride in an array
    const Fields& (*fields)() = nullptr;  // of a structure
    const FieldType* element = nullptr;   // of an array or a nullable
    // Of an array (0 to n elements) or a nullable (0 or 1):
    std::size_t (*count)(const void*) = nullptr;
    const void* (*elements)(const void*) = nullptr;
    void* (*resize)(void*, std::size_t count) = nullptr;  // returns the first element
};

namespace detail {

template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

template <class T>
consteval FieldKind integer_kind() {
    if constexpr (std::is_same_v<T, bool>) return FieldKind::boolean;
    if constexpr (std::is_same_v<T, std::int8_t>) return FieldKind::int8;
    if constexpr (std::is_same_v<T, std::int16_t>) return FieldKind::int16;
    if constexpr (std::is_same_v<T, std::uint16_t>) return FieldKind::uint16;
    if constexpr (std::is_same_v<T, std::int32_t>) return FieldKind::int32;
    if constexpr (std::is_same_v<T, std::uint32_t>) return FieldKind::uint32;
    if constexpr (std::is_same_v<T, std::int64_t>) return FieldKind::int64;
}

template <class T>
consteval FieldType field_type();

template <class T>
inline constexpr FieldType kFieldType = field_type<T>();

template <class T>
struct VectorOps {
    using Vector = std::vector<T>;
    static std::size_t count(const void* vector) {
        return static_cast<const Vector*>(vector)->size();
    }
    static const void* elements(const void* vector) {
        return static_cast<const Vector*>(vector)->data();
    }
    static void* resize(void* vector, std::size_t count) {
        static_cast<Vector*>(vector)->resize(count);
        return static_cast<Vector*>(vector)->data();
    }
};

template <class T>
struct OptionalOps {
    using Optional = std::optional<T>;
    static std::size_t count(const void* optional) {
        return static_cast<const Optional*>(optional)->has_value() ? 1 : 0;
    }
    static const void* elements(const void* optional) {
        return &**static_cast<const Optional*>(optional);
    }
    static void* resize(void* optional, std::size_t count) {
        auto& self = *static_cast<Optional*>(optional);
        if (count == 0) {
            self.reset();
            return nullptr;
        }
        return &self.emplace(T());
    }
};

template <class T>
consteval FieldType field_type() {
    if constexpr (Described<T>) {
        return {.kind = FieldKind::structure, .size = sizeof(T), .fields = &T::fields};
    } else if constexpr (kIsVector<T>) {
        using Element = typename T::value_type;
        return {.kind = FieldKind::array,
                .size = sizeof(T),
                .element = &kFieldType<Element>,
                .count = &VectorOps<Element>::count,
                .elements = &VectorOps<Element>::elements,
                .resize = &VectorOps<Element>::resize};
    } else if constexpr (kIsOptional<T>) {
        using Element = typename T::value_type;
        return {.kind = FieldKind::nullable,
                .size = sizeof(T),
                .element = &kFieldType<Element>,
                .count = &OptionalOps<Element>::count,
                .elements = &OptionalOps<Element>::elements,
                .resize = &OptionalOps<Element>::resize};
    } else if constexpr (std::is_same_v<T, std::string>) {
        return {.kind = FieldKind::string, .size = sizeof(T)};
    } else if constexpr (std::is_same_v<T, Bytes>) {
        return {.kind = FieldKind::bytes, .size = sizeof(T)};
    } else if constexpr (std::is_same_v<T, RecordsField>) {
        return {.kind = FieldKind::records, .size = sizeof(T)};
    } else if constexpr (std::is_same_v<T, Uuid>) {
        return {.kind = FieldKind::uuid, .size = sizeof(T)};
    } else if constexpr (std::is_same_v<T, double>) {
        return {.kind = FieldKind::float64, .size = sizeof(T)};
    } else if constexpr (std::is_enum_v<T>) {
        return {.kind = integer_kind<std::underlying_type_t<T>>(), .size = sizeof(T)};
    } else if constexpr (requires { typename T::rep; }) {
        static_assert(sizeof(T) == sizeof(typename T::rep));
        return {.kind = integer_kind<typename T::rep>(), .size = sizeof(T)};
    } else {
        return {.kind = integer_kind<T>(), .size = sizeof(T)};
    }
}

/// Where a member lies in its struct: what a pointer to a data member is in the Itanium C++ ABI.
template <class Struct, class Member>
std::ptrdiff_t offset_of(Member Struct::* member) {
    static_assert(sizeof(member) == sizeof(std::ptrdiff_t));
    return std::bit_cast<std::ptrdiff_t>(member);
}

}  // namespace detail

/// One line of a description: field("records", &Partition::records).since(4).nullable().
class Field {
public:
    Field(std::string_view field_name, const FieldType& type, std::ptrdiff_t offset)
        : name_(field_name), type_(&type), offset_(offset) {}

    /// The versions that have the field; without one of these, all.
    Field& since(std::int16_t first) { return versions(first, VersionRange::kOpen); }
    Field& until(std::int16_t last) { return versions(0, last); }
    Field& versions(std::int16_t first, std::int16_t last) {
        versions_ = {first, last};
        return *this;
    }
    /// The versions in which null may be written; the member is optional (or records).
    Field& nullable(std::int16_t first = 0) {
        nullable_ = {first, VersionRange::kOpen};
        return *this;
    }
    Field& nullable(std::int16_t first, std::int16_t last) {
        nullable_ = {first, last};
        return *this;
    }
    /// In the tag section, absent when it has its default value.
    Field& tagged(std::int32_t tag) {
        tag_ = tag;
        return *this;
    }
    /// A string that keeps its 2-byte length in flexible versions (the request header's client id).
    Field& never_compact() {
        never_compact_ = true;
        return *this;
    }

    [[nodiscard]] std::string_view name() const { return name_; }
    [[nodiscard]] const FieldType& type() const { return *type_; }
    [[nodiscard]] bool is_in(std::int16_t version) const { return versions_.contains(version); }
    [[nodiscard]] bool is_nullable_in(std::int16_t version) const {
        return nullable_.contains(version);
    }
    [[nodiscard]] bool is_tagged() const { return tag_ >= 0; }
    [[nodiscard]] std::int32_t tag() const { return tag_; }
    [[nodiscard]] bool is_never_compact() const { return never_compact_; }

    [[nodiscard]] const void* in(const void* object) const {
        return static_cast<const std::byte*>(object) + offset_;
    }
    [[nodiscard]] void* in(void* object) const { return static_cast<std::byte*>(object) + offset_; }

private:
    std::string_view name_;
    const FieldType* type_;
    std::ptrdiff_t offset_;
    VersionRange versions_;
    VersionRange nullable_ = kNoVersions;
    std::int32_t tag_ = -1;
    bool never_compact_ = false;
};

template <class Struct, class Member>
[[nodiscard]] Field field(std::string_view name, Member Struct::* member) {
    return Field(name, detail::kFieldType<Member>, detail::offset_of(member));
}

/// The description of a struct: its fields in wire order, and a default value to compare with.
class Fields {
public:
    static constexpr std::ptrdiff_t kNone = -1;

    Fields(const void* defaults, std::ptrdiff_t unknown_tags, std::vector<Field> fields);

    [[nodiscard]] std::span<const Field> all() const { return fields_; }
    /// The tagged ones, by tag.
    [[nodiscard]] std::span<const Field> tagged() const { return tagged_; }
    [[nodiscard]] const void* defaults() const { return defaults_; }
    /// nullptr for a struct without flexible versions.
    [[nodiscard]] const UnknownTags* unknown_tags(const void* object) const;
    [[nodiscard]] UnknownTags* unknown_tags(void* object) const;

private:
    const void* defaults_;
    std::ptrdiff_t unknown_tags_;
    std::vector<Field> fields_;
    std::vector<Field> tagged_;
};

/// Makes the description of `T`; T::fields() keeps it in a static constant.
template <class T>
[[nodiscard]] Fields describe(std::vector<Field> fields) {
    static const T defaults{};
    if constexpr (requires { &T::unknown_tags; }) {
        return Fields(&defaults, detail::offset_of(&T::unknown_tags), std::move(fields));
    } else {
        return Fields(&defaults, Fields::kNone, std::move(fields));
    }
}

// ---- The interpreter ----

/// What a piece of an encoded message is: bytes, or the place of the n-th gap (counted from 0).
struct RecordsGap {
    std::size_t index;
    std::size_t size;

    friend bool operator==(const RecordsGap&, const RecordsGap&) = default;
};
using Piece = std::variant<Bytes, RecordsGap>;

/// A message that is written around its records: a buffer of all the rest, and the places where
/// large records and gaps belong.
class PieceBuffer {
public:
    explicit PieceBuffer(ByteBuffer head = {}) : buffer_(std::move(head)) {}

    [[nodiscard]] ByteBuffer& buffer() { return buffer_; }
    /// Bytes of the pieces that are not in the buffer, gaps included.
    [[nodiscard]] std::size_t size_elsewhere() const { return size_elsewhere_; }

    void add(const RecordsField& records);

    /// All pieces in order.
    [[nodiscard]] std::vector<Piece> freeze() &&;

private:
    struct Cut {
        std::size_t position;
        RecordsField records;
    };

    ByteBuffer buffer_;
    std::vector<Cut> cuts_;
    std::size_t size_elsewhere_ = 0;
};

namespace detail {

/// Room that an encoder starts with: growing is cheaper than measuring first.
inline constexpr std::size_t kFirstCapacity = 256;

/// How a version is laid out.
struct Layout {
    std::int16_t version;
    bool flexible;
};

void decode(Reader& reader, const Fields& fields, void* object, Layout layout);
void encode(ByteBuffer& out, const Fields& fields, const void* object, Layout layout);
void encode(PieceBuffer& out, const Fields& fields, const void* object, Layout layout);
[[nodiscard]] std::size_t encoded_size(const Fields& fields, const void* object, Layout layout);
[[nodiscard]] std::string to_json_text(const Fields& fields, const void* object, Layout layout);
[[nodiscard]] bool equal(const Fields& fields, const void* a, const void* b);
[[nodiscard]] bool equal_values(const FieldType& type, const void* a, const void* b);

template <Message T>
[[nodiscard]] Layout layout_of(std::int16_t version) {
    return {version, T::kMessage.is_flexible(version)};
}

template <Message T>
[[nodiscard]] Layout checked_layout_of(std::int16_t version) {
    CHECK(T::kMessage.versions.contains(version), "{} has no version {}", T::kMessage.name,
          version);
    return layout_of<T>(version);
}

}  // namespace detail

/// Reads a message and leaves the reader behind it.
template <Message T>
[[nodiscard]] Result<T, DecodeError> decode(Reader& reader, std::int16_t version) {
    if (!T::kMessage.versions.contains(version)) return fail(DecodeError::unsupported_version);
    Result<T, DecodeError> message;
    detail::decode(reader, T::fields(), &*message, detail::layout_of<T>(version));
    if (!reader.ok()) return fail(reader.error());
    return message;
}

/// Reads a message; bytes after it are ignored, as Kafka does.
template <Message T>
[[nodiscard]] Result<T, DecodeError> decode(const Bytes& body, std::int16_t version) {
    Reader reader(body);
    return decode<T>(reader, version);
}

/// Appends the message. The version is one of T's; no records field is a gap.
template <Message T>
void encode(const T& message, std::int16_t version, ByteBuffer& out) {
    detail::encode(out, T::fields(), &message, detail::checked_layout_of<T>(version));
}

/// Bytes that encode() appends; gaps count.
template <Message T>
[[nodiscard]] std::size_t encoded_size(const T& message, std::int16_t version) {
    return detail::encoded_size(T::fields(), &message, detail::checked_layout_of<T>(version));
}

template <Message T>
[[nodiscard]] Bytes encode(const T& message, std::int16_t version) {
    ByteBuffer out(detail::kFirstCapacity);
    encode(message, version, out);
    return std::move(out).freeze();
}

/// Appends the message in pieces, to be sent one after the other: large records are not copied,
/// gaps stand for bytes that the caller sends.
///
///     [head, fields ... size] [RecordsGap 0] [fields ... size] [Bytes of the log] [fields ...]
template <Message T>
void encode(const T& message, std::int16_t version, PieceBuffer& out) {
    detail::encode(out, T::fields(), &message, detail::checked_layout_of<T>(version));
}

/// JSON with Kafka's field names, of the fields that the version has: one line. Bytes are base64,
/// uuids their text, records `<field>SizeInBytes` or null; a tagged field that has its default is
/// left out.
template <Message T>
[[nodiscard]] std::string to_json_text(const T& message, std::int16_t version) {
    return detail::to_json_text(T::fields(), &message, detail::layout_of<T>(version));
}

/// Every field of every version, and the unknown tags.
template <Described T>
[[nodiscard]] bool operator==(const T& a, const T& b) {
    return detail::equal(T::fields(), &a, &b);
}

}  // namespace gregor::protocol
