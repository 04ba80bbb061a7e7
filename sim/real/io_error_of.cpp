#include "sim/real/io_error_of.h"

#include <cerrno>

namespace gregor::real {

IoError disk_error_of(int error) {
    switch (error) {
        case ENOENT: return IoError::not_found;
        case EEXIST: return IoError::already_exists;
        case ENOSPC:
        case EDQUOT: return IoError::no_space;
        case ENOTDIR: return IoError::not_a_directory;
        case EISDIR: return IoError::is_a_directory;
        case ENOTEMPTY: return IoError::directory_not_empty;
        case EACCES:
        case EPERM:
        case EROFS:
        case EBADF:  // a write through a handle that is for reading
        case ETXTBSY: return IoError::permission_denied;
        case EMFILE:
        case ENFILE: return IoError::too_many_open_files;
        case EFBIG: return IoError::file_too_large;
        case EWOULDBLOCK: return IoError::locked;
        case EINVAL:
        case ENAMETOOLONG:
        case ELOOP:
        case EXDEV: return IoError::invalid_argument;
        default: return IoError::io_failed;
    }
}

IoError network_error_of(int error) {
    switch (error) {
        case ECONNREFUSED: return IoError::connection_refused;
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
        case EHOSTDOWN: return IoError::unreachable;
        case EADDRINUSE: return IoError::address_in_use;
        case EADDRNOTAVAIL: return IoError::address_not_available;
        case EACCES:
        case EPERM: return IoError::permission_denied;
        case EMFILE:
        case ENFILE: return IoError::too_many_open_files;
        case ETIMEDOUT: return IoError::timed_out;
        case EINVAL:
        case EAFNOSUPPORT: return IoError::invalid_argument;
        case EIO: return IoError::io_failed;
        default: return IoError::connection_reset;
    }
}

}  // namespace gregor::real
