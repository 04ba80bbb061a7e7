#include "broker/server/handlers/envelope.h"

#include <memory>
#include <utility>

#include "broker/drivers/controller_driver.h"
#include "broker/drivers/not_controller.h"
#include "broker/protocol/envelope.h"
#include "broker/server/router.h"

namespace gregor::server {
namespace {

using protocol::ApiKey;
using protocol::EnvelopeResponse;
using protocol::ErrorCode;

template <protocol::Message Response>
bool says_not_controller(const Bytes& body, std::int16_t version) {
    const auto response = protocol::decode<Response>(body, version);
    return response && drivers::is_not_controller(*response);
}

/// An answer, without its size, to what the controller decides.
bool is_not_controller(ApiKey key, std::int16_t version, const Bytes& answer) {
    const auto frame = protocol::decode_response_frame(answer, key, version);
    if (!frame) return false;
    switch (static_cast<std::int16_t>(key)) {
#define GREGOR_ANSWER(Name)                     \
    case protocol::Name##Response::kMessage.id: \
        return says_not_controller<protocol::Name##Response>(frame->body, version);
        GREGOR_CONTROLLER_REQUESTS(GREGOR_ANSWER)
#undef GREGOR_ANSWER
        default: return false;
    }
}

/// Where the answer to the request inside goes.
class Envelope final : public rpc::ReplySink {
public:
    Envelope(rpc::Reply reply, ApiKey key, std::int16_t version)
        : reply_(std::move(reply)), key_(key), version_(version) {}

    void complete(std::uint64_t, std::vector<Piece> frame) override {
        ByteBuffer answer(rpc::size_of(frame));
        for (const Piece& piece : frame) answer.append(std::get<Bytes>(piece));
        const Bytes data = std::move(answer).freeze().suffix(protocol::kFrameSizeBytes);
        EnvelopeResponse response;
        if (is_not_controller(key_, version_, data)) {
            response.error_code = ErrorCode::not_controller;
        } else {
            response.response_data = data;
        }
        reply_.send(response);
    }
    /// It could not be read.
    void close_after(std::uint64_t) override {
        reply_.send(EnvelopeResponse{.error_code = ErrorCode::unsupported_version});
    }
    [[nodiscard]] bool is_dead() const override { return reply_.is_connection_dead(); }

private:
    rpc::Reply reply_;
    ApiKey key_;
    std::int16_t version_;
};

}  // namespace

void handle_envelope(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    const auto message = decode_or_close<protocol::EnvelopeRequest>(request, reply);
    if (!message) return;
    auto opened = protocol::open_envelope(*message);
    if (!opened) {
        context.runtime.trace().event("envelope_refused", "error={}", opened.error());
        reply.send(EnvelopeResponse{.error_code = opened.error()});
        return;
    }
    const protocol::RequestHeader& header = opened->request.header;
    const rpc::Request inside{.key = header.request_api_key,
                              .version = header.request_api_version,
                              .correlation_id = header.correlation_id,
                              .client_id = header.client_id,
                              .frame = message->request_data,
                              .body = opened->request.body,
                              .client = {.host = opened->client_host},
                              .listener = request.listener,
                              .received = request.received};
    auto envelope = std::make_shared<Envelope>(std::move(reply), inside.key, inside.version);
    context.router.handle(
        context, inside,
        rpc::Reply(std::move(envelope), {.key = inside.key,
                                         .version = inside.version,
                                         .correlation_id = inside.correlation_id}),
        true);
}

}  // namespace gregor::server
