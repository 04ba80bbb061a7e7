#include "broker/protocol/messages/delegation_tokens.h"

namespace gregor::protocol {

const Fields& CreateDelegationTokenRequest::Renewer::fields() {
    using M = CreateDelegationTokenRequest::Renewer;
    static const Fields fields = describe<M>({
        field("principal_type", &M::principal_type),
        field("principal_name", &M::principal_name),
    });
    return fields;
}

const Fields& CreateDelegationTokenRequest::fields() {
    using M = CreateDelegationTokenRequest;
    static const Fields fields = describe<M>({
        field("owner_principal_type", &M::owner_principal_type).since(3).nullable(),
        field("owner_principal_name", &M::owner_principal_name).since(3).nullable(),
        field("renewers", &M::renewers),
        field("max_lifetime_ms", &M::max_lifetime_ms),
    });
    return fields;
}

const Fields& CreateDelegationTokenResponse::fields() {
    using M = CreateDelegationTokenResponse;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("principal_type", &M::principal_type),
        field("principal_name", &M::principal_name),
        field("token_requester_principal_type", &M::token_requester_principal_type).since(3),
        field("token_requester_principal_name", &M::token_requester_principal_name).since(3),
        field("issue_timestamp_ms", &M::issue_timestamp_ms),
        field("expiry_timestamp_ms", &M::expiry_timestamp_ms),
        field("max_timestamp_ms", &M::max_timestamp_ms),
        field("token_id", &M::token_id),
        field("hmac", &M::hmac),
        field("throttle_time_ms", &M::throttle_time_ms),
    });
    return fields;
}

const Fields& RenewDelegationTokenRequest::fields() {
    using M = RenewDelegationTokenRequest;
    static const Fields fields = describe<M>({
        field("hmac", &M::hmac),
        field("renew_period_ms", &M::renew_period_ms),
    });
    return fields;
}

const Fields& RenewDelegationTokenResponse::fields() {
    using M = RenewDelegationTokenResponse;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("expiry_timestamp_ms", &M::expiry_timestamp_ms),
        field("throttle_time_ms", &M::throttle_time_ms),
    });
    return fields;
}

const Fields& ExpireDelegationTokenRequest::fields() {
    using M = ExpireDelegationTokenRequest;
    static const Fields fields = describe<M>({
        field("hmac", &M::hmac),
        field("expiry_time_period_ms", &M::expiry_time_period_ms),
    });
    return fields;
}

const Fields& ExpireDelegationTokenResponse::fields() {
    using M = ExpireDelegationTokenResponse;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("expiry_timestamp_ms", &M::expiry_timestamp_ms),
        field("throttle_time_ms", &M::throttle_time_ms),
    });
    return fields;
}

const Fields& DescribeDelegationTokenRequest::Owner::fields() {
    using M = DescribeDelegationTokenRequest::Owner;
    static const Fields fields = describe<M>({
        field("principal_type", &M::principal_type),
        field("principal_name", &M::principal_name),
    });
    return fields;
}

const Fields& DescribeDelegationTokenRequest::fields() {
    using M = DescribeDelegationTokenRequest;
    static const Fields fields = describe<M>({
        field("owners", &M::owners).nullable(),
    });
    return fields;
}

const Fields& DescribeDelegationTokenResponse::Renewer::fields() {
    using M = DescribeDelegationTokenResponse::Renewer;
    static const Fields fields = describe<M>({
        field("principal_type", &M::principal_type),
        field("principal_name", &M::principal_name),
    });
    return fields;
}

const Fields& DescribeDelegationTokenResponse::Token::fields() {
    using M = DescribeDelegationTokenResponse::Token;
    static const Fields fields = describe<M>({
        field("principal_type", &M::principal_type),
        field("principal_name", &M::principal_name),
        field("token_requester_principal_type", &M::token_requester_principal_type).since(3),
        field("token_requester_principal_name", &M::token_requester_principal_name).since(3),
        field("issue_timestamp", &M::issue_timestamp),
        field("expiry_timestamp", &M::expiry_timestamp),
        field("max_timestamp", &M::max_timestamp),
        field("token_id", &M::token_id),
        field("hmac", &M::hmac),
        field("renewers", &M::renewers),
    });
    return fields;
}

const Fields& DescribeDelegationTokenResponse::fields() {
    using M = DescribeDelegationTokenResponse;
    static const Fields fields = describe<M>({
        field("error_code", &M::error_code),
        field("tokens", &M::tokens),
        field("throttle_time_ms", &M::throttle_time_ms),
    });
    return fields;
}

}  // namespace gregor::protocol
