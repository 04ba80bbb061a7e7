// How many files and sockets this process may have open. Each log segment and each connection takes
// one; systems start programs with a soft limit of 1024 and leave it to them to ask for more.
#pragma once

#include <cstdint>

namespace gregor::real {

/// Raises the soft limit to the hard one (setrlimit(2), RLIMIT_NOFILE), as the JVM does for Kafka.
/// Returns the limit from now on; where the system refuses, that is the one from before.
std::uint64_t raise_open_file_limit();

}  // namespace gregor::real
