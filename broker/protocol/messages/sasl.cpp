#include "broker/protocol/messages/sasl.h"

namespace gregor::protocol {

const Fields& SaslHandshakeRequest::fields() {
    using M = SaslHandshakeRequest;
    static const Fields fields = describe<M>({
        field("mechanism", &M::mechanism),
    });
    return fields;
}

const Fields& SaslHandshakeResponse::fields() {
    using M = SaslHandshakeResponse;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("mechanisms", &M::mechanisms),
    });
    return fields;
}

const Fields& SaslAuthenticateRequest::fields() {
    using M = SaslAuthenticateRequest;
    static const Fields fields = describe<M>({
        field("auth_bytes", &M::auth_bytes),
    });
    return fields;
}

const Fields& SaslAuthenticateResponse::fields() {
    using M = SaslAuthenticateResponse;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("auth_bytes", &M::auth_bytes),
        field("session_lifetime_ms", &M::session_lifetime_ms).since(1),
    });
    return fields;
}

}  // namespace gregor::protocol
