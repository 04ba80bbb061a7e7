// What an errno of this machine is called at the seam.
#pragma once

#include "sim/runtime/io_error.h"

namespace gregor::real {

/// Of a disk call.
[[nodiscard]] IoError disk_error_of(int error);
/// Of a call on a socket, listening, connecting or connected.
[[nodiscard]] IoError network_error_of(int error);

}  // namespace gregor::real
