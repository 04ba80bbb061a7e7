#include "sim/runtime/io_error.h"

#include "sim/base/check.h"

namespace gregor {

std::string_view name(IoError error) {
    switch (error) {
        case IoError::not_found: return "not_found";
        case IoError::already_exists: return "already_exists";
        case IoError::no_space: return "no_space";
        case IoError::io_failed: return "io_failed";
        case IoError::not_a_directory: return "not_a_directory";
        case IoError::is_a_directory: return "is_a_directory";
        case IoError::directory_not_empty: return "directory_not_empty";
        case IoError::permission_denied: return "permission_denied";
        case IoError::too_many_open_files: return "too_many_open_files";
        case IoError::file_too_large: return "file_too_large";
        case IoError::locked: return "locked";
        case IoError::connection_refused: return "connection_refused";
        case IoError::connection_reset: return "connection_reset";
        case IoError::unreachable: return "unreachable";
        case IoError::address_in_use: return "address_in_use";
        case IoError::address_not_available: return "address_not_available";
        case IoError::unknown_host: return "unknown_host";
        case IoError::end_of_stream: return "end_of_stream";
        case IoError::closed: return "closed";
        case IoError::timed_out: return "timed_out";
        case IoError::invalid_argument: return "invalid_argument";
        case IoError::malformed: return "malformed";
    }
    UNREACHABLE("IoError {}", static_cast<int>(error));
}

}  // namespace gregor
