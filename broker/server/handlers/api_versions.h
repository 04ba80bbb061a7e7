// ApiVersions (18): what this node answers, in which versions (KIP-35, KIP-511), and which features
// its cluster has (KIP-584).
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

/// From version 3 on, a client whose software name or version is not letters, digits, '-' and '.'
/// (inside) gets INVALID_REQUEST.
void handle_api_versions(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);

}  // namespace gregor::server
