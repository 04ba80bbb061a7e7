// Messages whose type is known only at run time: by API key (a frame to be printed in a trace), by
// record id, or by name (golden data, fuzzing). Products' own code uses the structs.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "broker/protocol/message.h"
#include "sim/base/random.h"

namespace gregor::protocol {

struct MessageType {
    MessageInfo info;
    const Fields& (*fields)();
    void* (*create)();
    void (*destroy)(void*);
};

/// Every message that this library knows.
[[nodiscard]] std::span<const MessageType> message_types();

/// By Kafka's name, "FetchRequest"; nullptr if there is none.
[[nodiscard]] const MessageType* find_message_type(std::string_view name);
/// A request, a response or a metadata record by its id; nullptr if there is none.
[[nodiscard]] const MessageType* find_message_type(MessageKind kind, std::int16_t id);

class AnyMessage {
public:
    /// A message with default values.
    explicit AnyMessage(const MessageType& type)
        : type_(&type), object_(type.create(), type.destroy) {}

    [[nodiscard]] const MessageType& type() const { return *type_; }

    /// Reads a message and leaves the reader behind it.
    [[nodiscard]] static Result<AnyMessage, DecodeError> decode(const MessageType& type,
                                                                Reader& reader,
                                                                std::int16_t version);
    /// Random values in the fields that the version has, at most about `size` elements an array.
    [[nodiscard]] static AnyMessage random(const MessageType& type, std::int16_t version,
                                           Random& random, std::size_t size);

    [[nodiscard]] Bytes encode(std::int16_t version) const;
    [[nodiscard]] std::size_t encoded_size(std::int16_t version) const;
    [[nodiscard]] std::vector<Piece> encode_pieces(std::int16_t version) const;
    [[nodiscard]] std::string to_json_text(std::int16_t version) const;

    /// Of one type.
    friend bool operator==(const AnyMessage& a, const AnyMessage& b);

private:
    [[nodiscard]] detail::Layout layout(std::int16_t version) const;

    const MessageType* type_;
    std::unique_ptr<void, void (*)(void*)> object_;
};

}  // namespace gregor::protocol
