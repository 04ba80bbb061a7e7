#include "broker/protocol/messages/scram.h"

namespace gregor::protocol {

const Fields& DescribeUserScramCredentialsRequest::User::fields() {
    using M = DescribeUserScramCredentialsRequest::User;
    static const Fields fields = describe<M>({
        field("name", &M::name),
    });
    return fields;
}

const Fields& DescribeUserScramCredentialsRequest::fields() {
    using M = DescribeUserScramCredentialsRequest;
    static const Fields fields = describe<M>({
        field("users", &M::users).nullable(),
    });
    return fields;
}

const Fields& DescribeUserScramCredentialsResponse::CredentialInfo::fields() {
    using M = DescribeUserScramCredentialsResponse::CredentialInfo;
    static const Fields fields = describe<M>({
        field("mechanism", &M::mechanism),
        field("iterations", &M::iterations),
    });
    return fields;
}

const Fields& DescribeUserScramCredentialsResponse::Result::fields() {
    using M = DescribeUserScramCredentialsResponse::Result;
    static const Fields fields = describe<M>({
        field("user", &M::user),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("credential_infos", &M::credential_infos),
    });
    return fields;
}

const Fields& DescribeUserScramCredentialsResponse::fields() {
    using M = DescribeUserScramCredentialsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
        field("results", &M::results),
    });
    return fields;
}

const Fields& AlterUserScramCredentialsRequest::Deletion::fields() {
    using M = AlterUserScramCredentialsRequest::Deletion;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("mechanism", &M::mechanism),
    });
    return fields;
}

const Fields& AlterUserScramCredentialsRequest::Upsertion::fields() {
    using M = AlterUserScramCredentialsRequest::Upsertion;
    static const Fields fields = describe<M>({
        field("name", &M::name),
        field("mechanism", &M::mechanism),
        field("iterations", &M::iterations),
        field("salt", &M::salt),
        field("salted_password", &M::salted_password),
    });
    return fields;
}

const Fields& AlterUserScramCredentialsRequest::fields() {
    using M = AlterUserScramCredentialsRequest;
    static const Fields fields = describe<M>({
        field("deletions", &M::deletions),
        field("upsertions", &M::upsertions),
    });
    return fields;
}

const Fields& AlterUserScramCredentialsResponse::Result::fields() {
    using M = AlterUserScramCredentialsResponse::Result;
    static const Fields fields = describe<M>({
        field("user", &M::user),
        field("error_code", &M::error_code),
        field("error_message", &M::error_message).nullable(),
    });
    return fields;
}

const Fields& AlterUserScramCredentialsResponse::fields() {
    using M = AlterUserScramCredentialsResponse;
    static const Fields fields = describe<M>({
        field("throttle_time_ms", &M::throttle_time_ms),
        field("results", &M::results),
    });
    return fields;
}

}  // namespace gregor::protocol
