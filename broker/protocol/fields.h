// The description of a struct's fields: data, which the interpreter of message.h walks.
//
//     const Fields& FetchRequest::ForgottenTopic::fields() {
//         using M = FetchRequest::ForgottenTopic;
//         static const Fields fields = describe<M>({
//             field("topic", &M::topic).until(12),
//             field("topic_id", &M::topic_id).since(13),
//             field("partitions", &M::partitions),
//         });
//         return fields;
//     }
//
// Names are Kafka's in snake case. The wire type follows from the member's C++ type: int32 from
// std::int32_t, NodeId or an enum of that size, an array from std::vector, what may be null from
// std::optional. A tagged field's default is the member's initial value.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "broker/protocol/field_values.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/version_range.h"
#include "sim/base/bytes.h"

namespace gregor::protocol {

class Fields;

/// A struct with a description.
template <class T>
concept Described = requires {
    { T::fields() } -> std::same_as<const Fields&>;
};

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

}  // namespace gregor::protocol
