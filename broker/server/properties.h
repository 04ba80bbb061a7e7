// Properties: the file format of server.properties, as Java reads it: comments (# and !),
// `key=value`, `key: value` or `key value`, a backslash at the end of a line to go on, and \t \n \r
// \f \uXXXX. Bytes beyond ASCII are taken as UTF-8.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sim/base/result.h"

namespace gregor::server {

using Properties = std::map<std::string, std::string, std::less<>>;

/// A key that stands twice has its last value. An error names its line: only \u without four hex
/// digits is one.
[[nodiscard]] Result<Properties, std::string> parse_properties(std::string_view text);

/// KAFKA_LOG_DIRS to log.dirs, as Kafka's container images do: ___ is '-', __ is '_', _ is '.'.
/// Nothing for a variable that does not start with KAFKA_, or that is meant for the Java process
/// (KAFKA_OPTS, KAFKA_HEAP_OPTS …).
[[nodiscard]] std::string key_of_variable(std::string_view variable);

}  // namespace gregor::server
