// What may go wrong with a disk or a network, in both worlds.
#pragma once

#include <cstdint>
#include <string_view>

namespace gregor {

enum class IoError : std::uint8_t {
    // Disk.
    not_found,
    already_exists,
    no_space,
    io_failed,  // EIO: the device would not read, write or sync
    not_a_directory,
    is_a_directory,
    directory_not_empty,
    permission_denied,
    too_many_open_files,
    file_too_large,
    locked,  // another process holds the lock
    // Network.
    connection_refused,
    connection_reset,
    unreachable,
    address_in_use,
    address_not_available,
    unknown_host,
    // Both.
    end_of_stream,  // the peer closed before the wanted bytes came
    closed,         // our own side closed it
    timed_out,
    invalid_argument,
    malformed,  // the peer sent what its protocol does not allow
};

/// The enumerator's own name: "no_space".
[[nodiscard]] std::string_view name(IoError error);

}  // namespace gregor
